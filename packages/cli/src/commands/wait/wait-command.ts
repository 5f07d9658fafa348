import { type Command, Option } from 'commander';
import { durationArgument } from '../../command-options.ts';
import { withExamples } from '../../examples.ts';

export interface WaitOptions {
  /** In ms. */
  readonly timeout: number;
}

export function defineWait(program: Command, wait: (options: WaitOptions) => Promise<void>): void {
  const command = program
    .command('wait')
    .summary('wait until the sidecar listens')
    .description('Wait until the sidecar runs and has opened its listeners. Exits with 1 when it does not in time.')
    .addOption(new Option('--timeout <duration>', 'for how long').argParser(durationArgument).default(10_000, '10s'))
    .action((options: WaitOptions) => wait(options));
  withExamples(command, ['gprxy wait && psql -h localhost -p 5433 sales', 'gprxy wait --timeout 1m']);
}
