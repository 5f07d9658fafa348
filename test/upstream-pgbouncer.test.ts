import { has, type PgBouncerOptions, startPgBouncer, startPostgres, type TestPostgres } from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { connectTo } from './node-postgres.testing.ts';
import { expectQueriesAndCancels, SECRET, serveBefore } from './pooler.testing.ts';

const HBA = `
hostssl all postgres 127.0.0.1/32 scram-sha-256
hostssl all all 127.0.0.1/32 scram-sha-256
`;

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres({ version: 17, database: 'sales', hba: HBA });
  await postgres.query(`CREATE ROLE "alice@corp.example" LOGIN PASSWORD '${SECRET}'`);
});
afterAll(() => postgres.stop());

/** A sidecar before a PgBouncer of that kind. */
async function serve(poolMode: PgBouncerOptions['poolMode'], authType: PgBouncerOptions['authType']): Promise<number> {
  const bouncer = await startPgBouncer(postgres, { poolMode, authType, user: 'alice@corp.example', password: SECRET });
  onTestFinished(() => bouncer.stop());
  const upstream = `postgresql://localhost:${bouncer.port}?sslrootcert=${postgres.caFile}&connect_timeout=5`;
  return serveBefore(upstream, authType === 'plain' ? 'token' : 'password');
}

describe.runIf(has.pgbouncer)('PgBouncer as the upstream', () => {
  it.each([
    ['session', 'scram-sha-256'],
    ['session', 'plain'],
    ['transaction', 'scram-sha-256'],
    ['transaction', 'plain'],
  ] as const)('in %s mode, by %s: queries, wide rows and cancels reach the right server', async (mode, auth) => {
    const port = await serve(mode, auth);
    await expectQueriesAndCancels(port, activeStatements);
  });

  it('in transaction mode lends one server connection to many clients of the sidecar', async () => {
    const port = await serve('transaction', 'plain');
    const clients = await Promise.all(Array.from({ length: 8 }, () => connectTo(port)));
    const pids = new Set<number>();
    for (const client of clients) pids.add((await client.query('SELECT pg_backend_pid() AS pid')).rows[0].pid);
    expect(pids.size).toBe(1);
  });

  it('says itself why it refuses', async () => {
    const port = await serve('session', 'plain');
    await expect(connectTo(port, { options: '-c work_mem=7MB' })).rejects.toMatchObject({
      code: '08P01',
      message: expect.stringContaining('unsupported startup parameter'),
    });
  });
});

async function activeStatements(): Promise<number> {
  const sql = "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query = 'SELECT pg_sleep(60)'";
  return (await postgres.query(sql)).length;
}
