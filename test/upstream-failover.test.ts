import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { has, programs, startPostgres, startStandby, type TestPostgres, temporaryDirectory } from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectTo } from './node-postgres.testing.ts';
import { startTestSidecar, tokensOf } from './sidecar.testing.ts';

const run = promisify(execFile);
const TOKEN = 'as good as any';
const HBA = `
hostssl all,replication postgres 127.0.0.1/32 scram-sha-256
hostssl all alice@corp.example 127.0.0.1/32 password
hostssl replication copier 127.0.0.1/32 password
`;

describe.runIf(has.postgres15)('a primary and its standby', { timeout: 60_000 }, () => {
  let primary: TestPostgres;
  let standby: TestPostgres;
  beforeAll(async () => {
    primary = await startPostgres({ version: 15, database: 'sales', hba: HBA });
    await primary.query(`CREATE ROLE "alice@corp.example" LOGIN PASSWORD '${TOKEN}'`);
    await primary.query(`CREATE ROLE copier LOGIN REPLICATION PASSWORD '${TOKEN}'`);
    await primary.query('CREATE TABLE done (n int); GRANT ALL ON done TO "alice@corp.example"');
    standby = await startStandby(primary);
  }, 60_000);
  afterAll(async () => {
    await standby?.stop();
    await primary?.stop();
  });

  async function serve(attrs: string, order: readonly TestPostgres[] = [primary, standby]) {
    const hosts = order.map(({ port }) => `localhost:${port}`).join(',');
    const upstream = `postgresql://${hosts}/sales?sslrootcert=${standby.caFile}&connect_timeout=5${attrs}`;
    return (await startTestSidecar({ upstream }, { tokens: tokensOf(TOKEN) })).port;
  }

  async function serverOf(port: number): Promise<number> {
    const client = await connectTo(port);
    const { rows } = await client.query('SELECT inet_server_port() AS port');
    await client.end();
    return rows[0].port;
  }

  it.each([
    ['any', 'primary', 'standby'],
    ['read-write', 'primary', 'primary'],
    ['read-only', 'standby', 'standby'],
    ['primary', 'primary', 'primary'],
    ['standby', 'standby', 'standby'],
    ['prefer-standby', 'standby', 'standby'],
  ])('target_session_attrs=%s leads to the %s, and to the %s where that comes first', async (attrs, one, other) => {
    const ports: Record<string, number> = { primary: primary.port, standby: standby.port };
    expect(await serverOf(await serve(`&target_session_attrs=${attrs}`))).toBe(ports[one]);
    expect(await serverOf(await serve(`&target_session_attrs=${attrs}`, [standby, primary]))).toBe(ports[other]);
  });

  it('are backed up through the sidecar: physical replication passes it', async () => {
    await using directory = await temporaryDirectory();
    const upstream = `postgresql://localhost:${primary.port}?sslrootcert=${primary.caFile}&connect_timeout=5`;
    const { port } = await startTestSidecar({ upstream, user: 'copier' }, { tokens: tokensOf(TOKEN) });
    const to = ['-h', '127.0.0.1', '-p', String(port), '-D'];
    const data = join(directory.path, 'backup');
    await run(`${programs.postgres15}/pg_basebackup`, [...to, data, '--checkpoint=fast', '--no-sync']);
    const { stdout } = await run(`${programs.postgres15}/pg_verifybackup`, [data]);
    expect(stdout).toContain('backup successfully verified');
  });

  it('S38 a failover while the sidecar runs: sessions are told, new ones get 08001 and then the new primary, nothing is done twice', async () => {
    const port = await serve('&target_session_attrs=read-write');
    const [idle, busy] = [await connectTo(port), await connectTo(port)];
    const told = new Promise((resolve) => idle.once('error', resolve));
    await busy.query('INSERT INTO done VALUES (1)');
    await expect.poll(() => standby.query('SELECT n FROM done'), { timeout: 20_000, interval: 20 }).toEqual([{ n: 1 }]);
    const lost = busy.query('INSERT INTO done SELECT 2 FROM pg_sleep(60)').catch((error) => error);
    await expect.poll(activeOn(primary), { timeout: 20_000, interval: 10 }).toBe(1);
    await primary.stop();
    const dead = { code: expect.stringMatching(/^(57P01|57P02|08006)$/) };
    expect(await told).toMatchObject(dead);
    expect(await lost).toMatchObject(dead);
    await expect(connectTo(port)).rejects.toMatchObject({
      code: '08001',
      message: 'none of the hosts of the upstream can be used',
      detail: expect.stringContaining('is not what target_session_attrs=read-write asks for'),
      hint: expect.stringMatching(/\w/),
    });

    await standby.query('SELECT pg_promote()');
    const promotedAt = performance.now();
    await expect.poll(() => serverOf(port).catch((error) => error.code), { timeout: 20_000 }).toBe(standby.port);
    expect(performance.now() - promotedAt).toBeLessThan(5_000);
    const client = await connectTo(port);
    await client.query('INSERT INTO done VALUES (3)');
    expect((await client.query('SELECT n FROM done ORDER BY n')).rows).toEqual([{ n: 1 }, { n: 3 }]);
    expect(await serverOf(await serve('&target_session_attrs=prefer-standby'))).toBe(standby.port);
  });
});

function activeOn(postgres: TestPostgres): () => Promise<number> {
  const sql = `SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%SELECT 2 FROM pg_sleep%' AND pid <> pg_backend_pid()`;
  return async () => (await postgres.query(sql)).length;
}
