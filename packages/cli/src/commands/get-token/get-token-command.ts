import { type Command, Option } from 'commander';
import { collectWords, durationArgument, profileOption } from '../../command-options.ts';
import { withExamples } from '../../examples.ts';

export interface GetTokenOptions {
  readonly profile?: string;
  readonly format: 'raw' | 'json' | 'pgpass';
  /** Milliseconds. */
  readonly minTtl?: number;
  /** For another API than the upstream. */
  readonly audience?: string;
  readonly scope?: readonly string[];
}

export function defineGetToken(program: Command, getToken: (options: GetTokenOptions) => Promise<void>): void {
  const command = program
    .command('get-token')
    .summary('print an access token that is valid now')
    .description(
      'Print an access token that is valid now, renewed first if need be. Standard output carries nothing else.',
    )
    .addOption(profileOption())
    .addOption(new Option('--format <format>', 'how to print it').choices(['raw', 'json', 'pgpass']).default('raw'))
    .option(
      '--min-ttl <duration>',
      'how long it must still be valid, such as 90s or 5m (default: 60s)',
      durationArgument,
    )
    .option('--audience <audience>', 'for another API, which the same login may use')
    .option('--scope <scopes>', 'with these scopes instead of those of the profile; may be repeated', collectWords)
    .action((options: GetTokenOptions) => getToken(options));
  withExamples(command, [
    'gprxy get-token',
    '# what a program keeps for a while',
    'gprxy get-token --min-ttl 5m --format json',
    '# for another API, kept apart from the login',
    'gprxy get-token --audience https://reports.corp.example',
    'gprxy get-token --scope https://database.windows.net/.default',
  ]);
}
