import { type Program, type ProgramEnd, spawnProgram } from '@gprxy/testkit';
import { libpqEnvironment, type Route } from '../route.ts';

export interface PsqlOptions {
  args?: readonly string[];
  env?: Readonly<Record<string, string>>;
}

// What the machine's psql would otherwise take from its user's files.
const CLEAN = { PGSERVICEFILE: '/dev/null', PGPASSFILE: '/nonexistent', LC_ALL: 'C.UTF-8' };

/** Starts psql with `script` on its standard input. It shows every field of errors and notices. */
export function startPsql(route: Route, script: string, { args = [], env }: PsqlOptions = {}): Program {
  return spawnProgram({
    command: 'psql',
    args: ['--no-psqlrc', '--variable=VERBOSITY=verbose', ...args],
    env: { ...process.env, ...CLEAN, ...libpqEnvironment(route), ...env },
    input: script,
  });
}

/** Runs psql with `script` to its end. */
export function psql(route: Route, script: string, options?: PsqlOptions): Promise<ProgramEnd> {
  return startPsql(route, script, options).ended;
}
