import type { Command } from 'commander';
import { withExamples } from '../../examples.ts';

export function defineStop(program: Command, stop: () => Promise<void>): void {
  const command = program
    .command('stop')
    .summary('stop the sidecar')
    .description('Stop the sidecar: it takes no new connections, and lets the running ones finish for a while.')
    .action(() => stop());
  withExamples(command, [
    'gprxy stop',
    '# after changing what reload cannot change',
    'gprxy stop && gprxy start --detach',
  ]);
}
