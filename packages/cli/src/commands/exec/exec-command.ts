import type { Command } from 'commander';
import { usageError } from '../../cli-error.ts';
import { profileOption } from '../../command-options.ts';
import { withExamples } from '../../examples.ts';

export interface ExecOptions {
  readonly profile?: string;
  readonly database?: string;
  /** Whether the command needs a port instead of a Unix socket. */
  readonly tcp?: boolean;
  readonly command: string;
  readonly args: readonly string[];
}

type Options = Pick<ExecOptions, 'profile' | 'tcp'>;

const description = `Run a command with PGHOST, PGPORT, PGUSER, PGDATABASE, PGSSLMODE and DATABASE_URL set, so that it reaches the
database as yourself: through the running sidecar, or one that lives as long as the command does.
The exit code is the command's own; 127 when there is no such command.`;

export function defineExec(program: Command, exec: (options: ExecOptions) => Promise<number>): void {
  const command = program
    .command('exec')
    .summary('run a command that reaches the database as yourself')
    .description(description)
    .usage('[options] [database] -- command [arguments...]')
    .addOption(profileOption())
    .option('--tcp', 'give the command a port on localhost, where it cannot use a Unix socket (JDBC, postgres.js)')
    .argument('[words...]', 'the database, "--", then the command and its arguments')
    .action(async (words: readonly string[], options: Options) => {
      await exec({ ...options, ...splitWords(words, wordsBehindSeparator(program)) });
    });
  withExamples(command, [
    'gprxy exec -- pg_dump --schema-only',
    'gprxy exec sales -- npm run migrate',
    "gprxy exec sales -- sh -c 'pg_dump $DATABASE_URL > sales.sql'",
    'gprxy exec --tcp --profile prod sales -- java -jar report.jar',
  ]);
}

/** Everything behind the first `--`, which commander takes away; undefined where there is none. */
function wordsBehindSeparator(program: Command): readonly string[] | undefined {
  // Not in commander's types, but the only place where the separator can still be seen.
  const { rawArgs } = program as Command & { readonly rawArgs: readonly string[] };
  const separator = rawArgs.indexOf('--');
  return separator === -1 ? undefined : rawArgs.slice(separator + 1);
}

/** @param words what is in front of the separator (nothing, or a database), and then what is behind it */
function splitWords(
  words: readonly string[],
  behind: readonly string[] | undefined,
): Pick<ExecOptions, 'database' | 'command' | 'args'> {
  const [command, ...args] = behind ?? [];
  if (command === undefined || behind === undefined) throw noCommand(words);
  const [database, ...more] = words.slice(0, words.length - behind.length);
  if (more.length > 0) throw usageError(`one database at most, not also "${more.join(' ')}"`, seeHelp);
  return { ...(database !== undefined && { database }), command, args };
}

const seeHelp = 'Run "gprxy exec --help".';

function noCommand(words: readonly string[]): Error {
  // One word may be either; whoever meant a database has yet to say what to run.
  const line = ['gprxy exec', '--', ...words].join(' ');
  const orDatabase = words.length === 1 ? `, or behind the database: gprxy exec ${words[0]} -- COMMAND` : '';
  const hint = words.length === 0 ? seeHelp : `Put "--" in front of it: ${line}${orDatabase}`;
  return usageError('there is no command to run', hint);
}
