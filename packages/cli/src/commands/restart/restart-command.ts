import type { Command } from 'commander';
import { durationArgument } from '../../command-options.ts';
import { withExamples } from '../../examples.ts';
import type { StopOptions } from '../stop/stop-command.ts';

export function defineRestart(program: Command, restart: (options: StopOptions) => Promise<number>): void {
  const command = program
    .command('restart')
    .summary('stop the sidecar, and start it again in the background')
    .description(
      'Stop the sidecar as "gprxy stop" does, and start it again with the same profiles: after an update of gprxy, say. ' +
        'A change of the configuration needs no restart.',
    )
    .option('--timeout <duration>', 'how long running connections may take to finish', durationArgument)
    .action(async (options: StopOptions) => {
      await restart(options);
    });
  withExamples(command, ['gprxy restart', 'gprxy restart --timeout 5s']);
}
