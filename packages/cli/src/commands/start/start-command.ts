import type { Command } from 'commander';
import { collectWords } from '../../command-options.ts';
import { withExamples } from '../../examples.ts';

export interface StartOptions {
  /** Which profiles; all that have a `listen` when left out. */
  readonly profile?: readonly string[];
  readonly detach?: true;
  /** Where the log goes instead of standard error. */
  readonly logFile?: string;
  /** Addresses beyond loopback may be bound, where a password is asked for. */
  readonly listenAnywhere?: true;
  /** False: the configuration is read again only when asked to. */
  readonly watch: boolean;
}

export function defineStart(program: Command, start: (options: StartOptions) => Promise<number>): void {
  const command = program
    .command('start')
    .summary('start the sidecar')
    .description(
      'Start the sidecar, which serves every profile that has a "listen". Without --detach it stays here and logs. One profile that cannot be served does not stop the others; with --detach the exit code is 3 then.',
    )
    .option('--profile <name>', 'only this profile, repeatable', collectWords)
    .option('--detach', 'go to the background as soon as it listens')
    .option('--log-file <file>', 'log to this file, which is kept below 5 MB, instead of standard error')
    .option('--listen-anywhere', 'bind addresses beyond loopback too; needs local_auth = "password"')
    .option('--no-watch', 'do not reload when the configuration file changes: only "gprxy reload" and SIGHUP do')
    .action(async (options: StartOptions) => {
      await start(options);
    });
  withExamples(command, [
    'gprxy start --detach',
    '# in a container, or under a supervisor: it stays, and logs to standard error',
    'gprxy start --profile prod --profile staging',
  ]);
}
