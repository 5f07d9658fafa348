import type { Command } from 'commander';

export function defineStop(program: Command, stop: () => Promise<void>): void {
  program
    .command('stop')
    .summary('stop the sidecar')
    .description('Stop the sidecar: it takes no new connections, and lets the running ones finish for a while.')
    .action(() => stop());
}
