import { fileURLToPath } from 'node:url';
import { programs, spawnProgram, type TemporaryDirectory, temporaryDirectory } from '@gprxy/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BothRoutes } from '../both-routes.ts';
import type { Route } from '../route.ts';
import { ScenarioProgram } from '../scenario-program.ts';

/** What a scenario shows, its method in Scenarios.java, and what must stand in its transcript. */
const scenarios: [title: string, name: string, expected: string[]][] = [
  ['queries, their columns and counts', 'queries', ['row | 1 | anvil | 99.50', 'count 2']],
  ['prepared statements with binary results', 'prepared', ['row | 5 | ünï ☃', 'from_sql bool']],
  [
    'batches, also rewritten ones and those that fail',
    'batches',
    ['row | 5000 | 12497500', '23505 ERROR: duplicate key'],
  ],
  [
    'errors with every field',
    'errors',
    ['ERROR ZZ001 of my own | detail d | hint h', 'items_price_check', 'error 25P02'],
  ],
  ['warnings with every field', 'warnings', ['WARNING 01000 w | detail d', 'NOTICE 00000 n | detail null | hint h']],
  [
    'settings, and those of the login again after RESET ALL and DISCARD ALL',
    'settings',
    ['row | work_mem | 7168 | client', 'own pid true'],
  ],
  ['transactions and savepoints', 'transactions', ['row | 1 | serializable', 'error 25006']],
  ['portals that are read bit by bit', 'portals', ['sum 50005000']],
  ['metadata and calls', 'metadata', ['items_pkey', 'CALLED']],
  ['the simple query mode', 'simpleMode', ['row | 42']],
  ['COPY in and out', 'copy', ['error 22P02', 'row | 1 | one']],
  ['a row and a parameter of 64 MiB', 'row64MiB', ['true 67108864']],
  ['notifications of another session', 'notifications', ['the channel one true', 'the channel two true']],
  ['a query ended by cancel(), and the session goes on', 'cancel', ['error 57014', 'row | still here']],
  ['a query ended by its timeout, and the session goes on', 'queryTimeout', ['error 57014', 'row | still here']],
  ['large objects, by function call', 'largeObjects', ['5 2097152 2097147']],
  ['the words of the server when it ends the session', 'terminated', ['FATAL 57P01', 'closed true']],
  ['the words for a database that does not exist', 'wrongDatabase', ['3D000 FATAL: database "nowhere" does not exist']],
];

function jdbcUrl({ host, port, user, database, tls }: Route): string {
  const ssl = tls && { sslmode: 'verify-full', sslrootcert: tls.caFile, sslcert: tls.certFile, sslkey: tls.keyDerFile };
  return `jdbc:postgresql://${host}:${port}/${database}?${new URLSearchParams({ user, ...(ssl ?? { sslmode: 'disable' }) })}`;
}

/** Runs every scenario of Scenarios.java. */
export function describeJdbc(both: BothRoutes): void {
  let classes: TemporaryDirectory;
  let program: ScenarioProgram;
  beforeAll(async () => {
    classes = await temporaryDirectory();
    const source = fileURLToPath(import.meta.resolve('./Scenarios.java'));
    const args = ['-encoding', 'UTF-8', '-cp', programs.jdbcDriver, '-d', classes.path, source];
    const compiled = await spawnProgram({ command: 'javac', args }).ended;
    if (compiled.exitCode !== 0) throw new Error(compiled.stderr);
    const encoding = ['-Dfile.encoding=UTF-8', '-Dstdout.encoding=UTF-8'];
    program = new ScenarioProgram('java', [...encoding, '-cp', `${programs.jdbcDriver}:${classes.path}`, 'Scenarios']);
  });
  afterAll(async () => {
    program?.stop();
    await classes?.remove();
  });

  it.each(scenarios)('sees what a direct connection sees: %s', async (_title, name, expected) => {
    const transcript = (await both.same((route) => program.run(name, jdbcUrl(route)))).join('\n');
    for (const text of expected) expect(transcript).toContain(text);
    expect(transcript).not.toContain('Exception:');
  });
}
