import { type Ended, type RunOptions, run } from '../programs.ts';
import { libpqEnvironment, type Route } from '../route.ts';

// What the machine's psql would otherwise take from its user's files and environment.
const CLEAN = { PGSERVICEFILE: '/dev/null', PGPASSFILE: '/nonexistent', PSQLRC: '/dev/null', LC_ALL: 'C.UTF-8' };

/** Runs psql with `script` on its standard input, every field of errors and notices shown. */
export function psql(
  route: Route,
  script: string | Buffer,
  { args = [], env, ...options }: { args?: string[] } & Omit<RunOptions, 'input'> = {},
): Promise<Ended> {
  return run('psql', ['-X', '-v', 'VERBOSITY=verbose', ...args], {
    ...options,
    env: { ...CLEAN, ...libpqEnvironment(route), ...env },
    input: script,
  });
}

/** What psql wrote, as text. */
export function shown({ code, stdout, stderr }: Ended): { code: number | null; stdout: string; stderr: string } {
  return { code, stdout: stdout.toString(), stderr };
}
