import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { encodeStartupMessage, PROTOCOL_3_0 } from '@gprxy/proxy-core';
import { RawClient, startPostgres, type TestPostgres, temporaryDirectory } from '@gprxy/testkit';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { cancelStatementOf, connectTo } from './node-postgres.testing.ts';
import { CANARY, noTokens, startTestSidecar, tokensOf } from './sidecar.testing.ts';

/** PostgreSQL as an upstream that wants the token as a cleartext password, and takes one that is known to it. */
const HBA = `
hostssl all postgres 127.0.0.1/32 scram-sha-256
hostssl all all 127.0.0.1/32 password
`;
const LONG_TOKEN = `eyJ${'x'.repeat(16_000)}`;

let postgres: TestPostgres;
let upstream: string;
beforeAll(async () => {
  postgres = await startPostgres({ version: 18, database: 'sales', hba: HBA });
  await postgres.query(`CREATE ROLE "alice@corp.example" LOGIN PASSWORD '${CANARY}'`);
  await postgres.query(`CREATE ROLE "u-1" LOGIN PASSWORD '${LONG_TOKEN}'`);
  upstream = `postgresql://localhost:${postgres.port}?sslrootcert=${postgres.caFile}&connect_timeout=5`;
});
afterAll(() => postgres.stop());

const refusalOf = (port: number, given?: pg.ClientConfig): Promise<pg.DatabaseError> =>
  connectTo(port, given).then(
    () => Promise.reject(new Error('was let in')),
    (error) => error,
  );

describe('a client of the sidecar', () => {
  it('is who the token says, whatever it called itself', async () => {
    const { port } = await startTestSidecar({ upstream });
    const client = await connectTo(port, { user: 'postgres' });
    const { rows } = await client.query(
      'SELECT session_user, current_database(), ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
    );
    expect(rows).toEqual([{ session_user: 'alice@corp.example', current_database: 'sales', ssl: true }]);
  });

  it('needs no name of its own, as drivers in containers without $USER have none', async () => {
    const { port } = await startTestSidecar({ upstream });
    const client = await RawClient.open(port);
    onTestFinished(() => void client.socket.destroy());
    client.send(encodeStartupMessage(PROTOCOL_3_0, [['database', 'sales']]));
    expect((await client.read(9)).toString('hex')).toBe('520000000800000000'); // AuthenticationOk
  });

  it('sees the pid and the parameters of its own backend', async () => {
    const { port } = await startTestSidecar({ upstream });
    const client = await connectTo(port, { application_name: 'books', options: '-c work_mem=1234kB' });
    const { rows } = await client.query(
      "SELECT pg_backend_pid() AS pid, current_setting('work_mem') AS work_mem, current_setting('application_name') AS name",
    );
    expect(rows).toEqual([
      { pid: (client as unknown as { processID: number }).processID, work_mem: '1234kB', name: 'books' },
    ]);
    await client.query('SET work_mem = 64; RESET ALL');
    expect((await client.query('SHOW work_mem')).rows).toEqual([{ work_mem: '1234kB' }]);
  });

  it('may have a token of 16 KB, and another name for the user', async () => {
    const { port } = await startTestSidecar({ upstream, user: '{sub}' }, { tokens: tokensOf(LONG_TOKEN) });
    expect((await (await connectTo(port)).query('SELECT session_user')).rows).toEqual([{ session_user: 'u-1' }]);
  });

  it('cancels its own statement, and only that', async () => {
    const { port, log } = await startTestSidecar({ upstream });
    const [one, two] = [await connectTo(port), await connectTo(port)];
    const slow = one.query('SELECT pg_sleep(60)').catch((error) => error);
    const other = two.query('SELECT pg_sleep(0.3)');
    await untilActive('sleep(60)');
    cancelStatementOf(one, port);
    expect(await slow).toMatchObject({ code: '57014' });
    expect((await other).rowCount).toBe(1);
    expect(log.map(({ message }) => message)).toContain('cancel forwarded');
  });

  it.each(['psql over TCP', 'psql over a Unix socket'])('can be %s, never asked for a password', async (way) => {
    const directory = await temporaryDirectory();
    onTestFinished(() => directory.remove());
    const path = join(directory.path, '.s.PGSQL.5432');
    const { port } = await startTestSidecar({ upstream, ...(way.includes('Unix') && { listen: [{ path }] }) });
    const host = way.includes('Unix') ? ['-h', directory.path] : ['-h', 'localhost', '-p', String(port)];
    const psql = await promisify(execFile)('psql', [...host, '-w', '-XAtc', 'SELECT session_user', 'sales']);
    expect(psql.stdout.trim()).toBe('alice@corp.example');
  });
});

describe('a client that cannot be served is told why and what to do next', () => {
  const dead = 'postgresql://localhost:1?connect_timeout=5';
  it.each([
    [
      'nobody is logged in',
      noTokens('ERR_LOGIN_NEEDED', 'the login has expired'),
      '28P01',
      /^Run "gprxy login --profile prod"\.$/,
    ],
    ['the provider is down', noTokens('ERR_PROVIDER_UNREACHABLE', 'login.example does not answer'), '57P03', /network/],
    ['the keychain is locked', noTokens('ERR_STORE_LOCKED', 'the keychain is locked'), '28000', /Unlock/],
    ['something is broken', { getToken: () => Promise.reject(new Error(CANARY)) }, 'XX000', /log of gprxy/],
  ])('because %s', async (_, tokens, code, hint) => {
    const { port } = await startTestSidecar({ upstream }, { tokens });
    const error = await refusalOf(port);
    expect(error).toMatchObject({ severity: 'FATAL', code, hint: expect.stringMatching(hint) });
    expect(error.message).not.toContain(CANARY);
  });

  it('because the upstream is down', async () => {
    const { port } = await startTestSidecar({ upstream: dead });
    expect(await refusalOf(port)).toMatchObject({
      code: '08001',
      message: expect.stringContaining('localhost:1'),
      hint: expect.stringMatching(/\w/),
    });
  });

  it('because the token has no such claim', async () => {
    const { port } = await startTestSidecar({ upstream, user: '{upn}' });
    expect(await refusalOf(port)).toMatchObject({
      code: '28000',
      message: expect.stringContaining('"upn"'),
      hint: expect.stringContaining('user = "{sub}"'),
    });
  });

  it('because the upstream refuses the token, in its own words', async () => {
    const { port, sidecar } = await startTestSidecar({ upstream }, { tokens: tokensOf('expired') });
    const error = await refusalOf(port);
    expect(error).toMatchObject({
      code: '28P01',
      message: 'password authentication failed for user "alice@corp.example"',
      routine: 'auth_failed',
      hint: expect.stringContaining('gprxy login --profile prod'),
    });
    expect(sidecar.status().listeners[0]).toMatchObject({ totalConnections: 1, lastError: { code: '28P01' } });
  });

  it('because there is no such database, as PostgreSQL says it, and how to name another', async () => {
    const { port } = await startTestSidecar({ upstream });
    const error = await refusalOf(port, { database: 'nowhere' });
    const hint = expect.stringContaining('gprxy psql DATABASE');
    expect(error).toMatchObject({ code: '3D000', message: 'database "nowhere" does not exist', hint });
  });

  it('because there are too many already', async () => {
    const { port } = await startTestSidecar({ upstream, maxConnections: 1 });
    await connectTo(port);
    expect(await refusalOf(port)).toMatchObject({ code: '53300', hint: expect.stringMatching(/\w/) });
  });
});

describe('a sidecar that stops', () => {
  it('lets running sessions finish, and takes no new ones', async () => {
    const { port, sidecar } = await startTestSidecar({ upstream });
    const client = await connectTo(port);
    const running = client.query('SELECT pg_sleep(0.2)');
    const closing = sidecar.close();
    expect(await refusalOf(port)).toMatchObject({ code: '57P03', hint: expect.stringMatching(/\w/) });
    await running;
    await client.end();
    expect(await closing).toEqual({ forced: 0 });
  });

  it('still cancels statements of running sessions', async () => {
    const { port, sidecar } = await startTestSidecar({ upstream });
    const client = await connectTo(port);
    const slow = client.query('SELECT pg_sleep(60) /* draining */').catch((error) => error);
    await untilActive('sleep(60) /* draining');
    const closing = sidecar.close();
    cancelStatementOf(client, port);
    expect(await slow).toMatchObject({ code: '57014' });
    await client.end();
    expect(await closing).toEqual({ forced: 0 });
  });

  it('ends those that take too long, with 57P01', async () => {
    const { port, sidecar } = await startTestSidecar({ upstream, drainTimeoutMs: 50 });
    const client = await connectTo(port);
    const [[error], ended] = await Promise.all([once(client, 'error'), sidecar.close()]);
    expect(error).toMatchObject({ severity: 'FATAL', code: '57P01' });
    expect(ended).toEqual({ forced: 1 });
  });
});

async function untilActive(statement: string): Promise<void> {
  const active = `SELECT 1 FROM pg_stat_activity WHERE query LIKE '%${statement}%' AND state = 'active' AND pid <> pg_backend_pid()`;
  await until(async () => (await postgres.query(active)).length > 0);
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise(setImmediate);
}
