import { createTokenSource } from '@gprxy/credentials';
import { expect } from 'vitest';
import { cancelStatementOf, connectTo } from './node-postgres.testing.ts';
import { startTestSidecar, tokensOf } from './sidecar.testing.ts';

export const SECRET = 'correct-horse-battery';

/** A sidecar whose upstream is there, and who shows `SECRET` as a token in clear, or proves it as a password. */
export async function serveBefore(upstream: string, proof: 'token' | 'password', secret = SECRET): Promise<number> {
  if (proof === 'token') return (await startTestSidecar({ upstream }, { tokens: tokensOf(secret) })).port;
  const credential = { kind: 'password', password: { kind: 'env', variable: 'PW' } } as const;
  const user = 'alice@corp.example';
  const outside = {
    env: { PW: secret },
    profile: 'prod',
    now: Date.now,
    log: () => {},
    fetch,
    lockDirectory: '/nowhere',
  };
  const tokens = createTokenSource({ credential, upstream: { host: 'localhost', port: 1, user }, deps: outside });
  return (await startTestSidecar({ upstream, user, credential }, { tokens })).port;
}

/** Two clients of one port: each has its own session, settings and cancels. */
export async function expectQueriesAndCancels(port: number, activeStatements: () => Promise<number>): Promise<void> {
  const [one, two] = [await connectTo(port), await connectTo(port, { application_name: 'books' })];
  const { rows } = await one.query("SELECT session_user AS who, repeat('x', 4000000) AS wide");
  expect({ who: rows[0].who, wide: rows[0].wide.length }).toEqual({ who: 'alice@corp.example', wide: 4_000_000 });
  await one.query('BEGIN; CREATE TEMP TABLE t (x int) ON COMMIT DROP; INSERT INTO t VALUES ($$1$$)');
  await expect(one.query('SELECT 1 / 0')).rejects.toMatchObject({ code: '22012' });
  await one.query('ROLLBACK');
  expect((await two.query('SHOW application_name')).rows).toEqual([{ application_name: 'books' }]);
  const other = two.query('SELECT pg_sleep(0.3)');
  const sleeping = one.query('SELECT pg_sleep(60)').catch((error) => error);
  await expect.poll(activeStatements, { timeout: 20_000, interval: 10 }).toBeGreaterThan(0);
  // Once a bug: it was dropped where PgBouncer had to open a connection for it.
  cancelStatementOf(one, port);
  expect(await sleeping).toMatchObject({ code: '57014' });
  expect((await other).rowCount).toBe(1);
  expect((await one.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
}
