import type { Command } from 'commander';
import { profileOption } from '../../command-options.ts';
import { withExamples } from '../../examples.ts';

export interface PsqlOptions {
  readonly profile?: string;
  readonly database?: string;
  /** For psql, as they came. */
  readonly args: readonly string[];
}

export function definePsql(program: Command, psql: (options: PsqlOptions) => Promise<number>): void {
  const command = program
    .command('psql')
    .summary('run psql as yourself')
    .description('Run psql as yourself, through the running sidecar or one that lives as long as psql does.')
    .usage('[options] [database] [-- psql arguments]')
    // -h is psql's host option, so only the long form asks for help.
    .helpOption('--help', 'display help for command')
    .addOption(profileOption())
    .argument('[arguments...]', "the database, then psql's own arguments")
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (words: readonly string[], options: Pick<PsqlOptions, 'profile'>) => {
      await psql({ ...options, ...splitArguments(words) });
    });
  withExamples(command, [
    'gprxy psql',
    "# What follows the database is psql's own.",
    "gprxy psql sales -c 'select 1'",
    'gprxy psql --profile prod sales -- --csv -f report.sql',
  ]);
}

/** The first word is the database unless it is an option; a `--` before psql's own arguments is ours. */
function splitArguments(words: readonly string[]): Pick<PsqlOptions, 'database' | 'args'> {
  const [first, ...rest] = words;
  if (first === undefined || first.startsWith('-')) return { args: withoutSeparator(words) };
  return { database: first, args: withoutSeparator(rest) };
}

function withoutSeparator(words: readonly string[]): readonly string[] {
  return words[0] === '--' ? words.slice(1) : words;
}
