import { type Command, Option } from 'commander';
import { jsonOption } from '../../command-options.ts';
import { withExamples } from '../../examples.ts';

export interface StatusOptions {
  readonly json?: true;
  readonly watch?: true;
  readonly metrics?: true;
  readonly web?: true;
}

export function defineStatus(program: Command, status: (options: StatusOptions) => Promise<number>): void {
  const command = program
    .command('status')
    .summary('what the sidecar is doing')
    .description(
      'Listeners, connections, token expiry and the last error of the sidecar. Exits with 1 when it does not run.',
    )
    .addOption(jsonOption())
    .option('--watch', 'go on until Ctrl-C: redrawn on a terminal, else a line of JSON whenever something changes')
    .addOption(new Option('--metrics', "counters and timings, in Prometheus' text format").conflicts(['json', 'watch']))
    .addOption(
      new Option('--web', 'a page with all of it, by a link for one visit').conflicts(['json', 'watch', 'metrics']),
    )
    .action(async (options: StatusOptions) => {
      await status(options);
    });
  withExamples(command, [
    'gprxy status',
    'gprxy status --json',
    'gprxy status --watch',
    '# in the browser, with a button to sign in',
    'gprxy status --web',
    'gprxy status --metrics',
    '# in a script: is it there?',
    'gprxy status > /dev/null || gprxy start --detach',
  ]);
}
