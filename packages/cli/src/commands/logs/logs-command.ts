import { type Command, InvalidArgumentError, Option } from 'commander';
import { withExamples } from '../../examples.ts';

export interface LogsOptions {
  readonly follow?: true;
  readonly lines: number;
  /** The records as they are. */
  readonly json?: true;
}

export function defineLogs(program: Command, logs: (options: LogsOptions) => Promise<number>): void {
  const command = program
    .command('logs')
    .summary('what the sidecar has logged')
    .description('Show what a sidecar in the background has logged: who connected, what was refused and why.')
    .option('-f, --follow', 'go on with what is logged from now on, until Ctrl-C')
    .addOption(new Option('-n, --lines <number>', 'how many of the last lines').argParser(lineCount).default(200))
    .option('--json', 'the records as they are, one JSON object a line')
    .action(async (options: LogsOptions) => {
      await logs(options);
    });
  withExamples(command, ['gprxy logs -f', 'gprxy logs -n 20', 'gprxy logs --json | jq .error']);
}

function lineCount(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('It is a number of lines.');
  return Number(text);
}
