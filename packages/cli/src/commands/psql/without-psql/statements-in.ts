import { parseArgs } from 'node:util';
import { CliError } from '../../../cli-error.ts';
import type { TableFormat } from './format-result.ts';

export interface Statements {
  readonly statements: readonly string[];
  readonly database?: string;
  readonly stopOnError: boolean;
  readonly format: TableFormat;
}

/** The part of psql's arguments that we can follow without it. */
const understood = {
  command: { type: 'string', short: 'c', multiple: true },
  dbname: { type: 'string', short: 'd' },
  set: { type: 'string', short: 'v', multiple: true },
  'tuples-only': { type: 'boolean', short: 't' },
  'no-align': { type: 'boolean', short: 'A' },
  'no-psqlrc': { type: 'boolean', short: 'X' },
  'no-password': { type: 'boolean', short: 'w' },
  quiet: { type: 'boolean', short: 'q' },
} as const;

/** Reads psql's arguments. Throws CliError for everything that needs psql itself, an interactive session above all. */
export function statementsIn(args: readonly string[], platform: NodeJS.Platform): Statements {
  const { values, positionals } = parse(args, platform);
  const database = values.dbname ?? positionals[0];
  if (values.command === undefined) throw needsPsql('an interactive session', platform);
  return {
    statements: values.command,
    ...(database !== undefined && { database }),
    stopOnError: (values.set ?? []).some((setting) => /^ON_ERROR_STOP=(1|on|true)$/i.test(setting)),
    format: { tuplesOnly: values['tuples-only'] === true, aligned: values['no-align'] !== true },
  };
}

function parse(args: readonly string[], platform: NodeJS.Platform) {
  try {
    return parseArgs({ args: [...args], options: understood, allowPositionals: true });
  } catch {
    throw needsPsql(`"${args.join(' ')}"`, platform);
  }
}

function needsPsql(what: string, platform: NodeJS.Platform): CliError {
  return new CliError('psql is not installed', {
    code: 'ERR_CONFIG_PSQL',
    detail: `Without it gprxy runs statements given by -c, but not ${what}.`,
    hint: installHint(platform),
  });
}

function installHint(platform: NodeJS.Platform): string {
  if (platform === 'darwin') return 'Run "brew install libpq && brew link --force libpq".';
  if (platform === 'win32') return 'Run "winget install PostgreSQL.PostgreSQL.17" and add its bin folder to PATH.';
  return 'Run "sudo apt install postgresql-client" (Debian, Ubuntu) or "sudo dnf install postgresql" (Fedora, RHEL).';
}
