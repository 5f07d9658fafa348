import { fileURLToPath } from 'node:url';
import { programs } from '@gprxy/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BothRoutes } from '../both-routes.ts';
import { libpqParameters, type Route } from '../route.ts';
import { ScenarioProgram } from '../scenario-program.ts';

/** What a scenario shows, its name in scenarios.py, and what must stand in its transcript. */
const scenarios: [title: string, name: string, expected: string[]][] = [
  ['queries, their columns, tags and counts', 'queries', ["'SELECT 1' 1", "'ünï ☃'", "'UPDATE 2' 2"]],
  [
    'errors with all their diagnostics',
    'errors',
    [
      "'DivisionByZero' '22012'",
      "'InFailedSqlTransaction'",
      "'  constraint_name' 'items_price_check'",
      "'QueryCanceled'",
    ],
  ],
  ['notices', 'notices', ["'WARNING:  w\\n'"]],
  [
    'settings, and those of the login again after reset()',
    'settings',
    ["('application_name', 'the tests')", "'work_mem' ('7MB',)", "'datestyle' ('ISO, DMY',)"],
  ],
  ['transactions and savepoints', 'transactions', ["'SyntaxError' '42601'", "'ReadOnlySqlTransaction' '25006'"]],
  ['two-phase commit', 'two_phase_commit', ["'transaction'"]],
  ['named cursors', 'cursors', ['[(1,), (2,), (3,), (4,), (5,)]', '[(1,), (2,), (3,)]']],
  ['COPY in and out', 'copy', ["'x,y\\n1,one\\n2,\\n1,one\\n2,\\n'", "'InvalidTextRepresentation' '22P02'"]],
  ['COPY of 64 MiB in and out, as text and binary', 'copy_64_mib', ['65536 67032218', '65536 67502101']],
  ['notifications of another session', 'notifications', ["('the channel', 'one', True) ('the channel', 'two', True)"]],
  ['a query ended by cancel(), and the session goes on', 'cancel', ["'QueryCanceled' '57014'", "[('still here',)]"]],
  ['large objects, by function call', 'large_objects', ['2097152 5']],
  ['an asynchronous connection', 'asynchronous', ['1000000 False']],
  ['the end of the session when the server terminates it', 'terminated', ["'OperationalError' 2"]],
  ['the words for a database that does not exist', 'wrong_database', ['database "nowhere" does not exist']],
];

const dsn = (route: Route) =>
  Object.entries(libpqParameters(route))
    .map(([name, value]) => `${name}='${value}'`)
    .join(' ');

/** Runs every scenario of scenarios.py. */
export function describePsycopg2(both: BothRoutes): void {
  let program: ScenarioProgram;
  beforeAll(() => {
    program = new ScenarioProgram(programs.python, [fileURLToPath(import.meta.resolve('./scenarios.py'))], {
      LC_ALL: 'C.UTF-8',
    });
  });
  afterAll(() => program?.stop());

  it.each(scenarios)('sees what a direct connection sees: %s', async (_title, name, expected) => {
    const transcript = (await both.same((route) => program.run(name, dsn(route)))).join('\n');
    for (const text of expected) expect(transcript).toContain(text);
    expect(transcript).not.toContain('Traceback');
  });
}
