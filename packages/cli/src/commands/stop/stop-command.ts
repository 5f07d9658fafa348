import type { Command } from 'commander';
import { durationArgument } from '../../command-options.ts';
import { withExamples } from '../../examples.ts';

export interface StopOptions {
  /** How long running connections may go on, in ms; what their profile says when left out. */
  readonly timeout?: number;
}

export function defineStop(program: Command, stop: (options: StopOptions) => Promise<void>): void {
  const command = program
    .command('stop')
    .summary('stop the sidecar')
    .description('Stop the sidecar: it takes no new connections, and lets the running ones finish for a while.')
    .option(
      '--timeout <duration>',
      'how long they may take, instead of "drain_timeout" of their profile',
      durationArgument,
    )
    .action((options: StopOptions) => stop(options));
  withExamples(command, ['gprxy stop', '# without waiting for anybody', 'gprxy stop --timeout 0s']);
}
