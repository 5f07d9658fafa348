import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { spawnProgram, temporaryDirectory } from '@gprxy/testkit';
import { expect, it } from 'vitest';
import type { BothRoutes } from '../both-routes.ts';
import { libpqEnvironment, type Route } from '../route.ts';

const PIPELINE = `\\set aid random(1, 100000)
\\startpipeline
UPDATE pgbench_accounts SET abalance = abalance + 1 WHERE aid = :aid;
SELECT abalance FROM pgbench_accounts WHERE aid = :aid;
SELECT abalance AS balance FROM pgbench_accounts WHERE aid = :aid;
\\endpipeline
`;

const kinds: readonly [title: string, args: readonly string[]][] = [
  ['simple queries', ['-M', 'simple']],
  ['extended queries', ['-M', 'extended']],
  ['prepared statements', ['-M', 'prepared']],
  ['a connection for each transaction', ['-C', '-S']],
  ['pipelines', ['-M', 'prepared', '-f', 'pipeline']],
];

/** What PostgreSQL's own load generator does, and whether all of it arrived. */
export function describePgbench(both: BothRoutes): void {
  it('fills its tables, and does all of its transactions in every way it knows, as with a direct connection', async () => {
    await using directory = await temporaryDirectory();
    await writeFile(join(directory.path, 'pipeline'), PIPELINE);
    const run = (route: Route, ...args: string[]) =>
      spawnProgram({
        command: 'pgbench',
        args,
        cwd: directory.path,
        env: { ...process.env, ...libpqEnvironment(route), LC_ALL: 'C.UTF-8' },
      }).ended;
    const counted = await both.same(async (route) => {
      const filled = await run(route, '--initialize', '--quiet', '--scale=1', '--foreign-keys');
      expect(filled).toMatchObject({ exitCode: 0 });
      const results: string[] = [];
      for (const [title, args] of kinds) {
        const { stdout, exitCode } = await run(route, '--no-vacuum', '--client=4', '--transactions=25', ...args);
        const [done] = /(?<=actually processed: ).*/.exec(stdout) ?? [];
        const [failed] = /(?<=failed transactions: )\d+/.exec(stdout) ?? [];
        results.push(`${title}: ${done}, failed ${failed}, exit code ${exitCode}`);
      }
      return results;
    });
    expect(counted).toEqual(kinds.map(([title]) => `${title}: 100/100, failed 0, exit code 0`));
  });
}
