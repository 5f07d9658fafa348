import { once } from 'node:events';
import { connect as connectTls } from 'node:tls';
import { backendKey, encodeCancelRequest } from '@gprxy/proxy-core';
import { alice, type PostgresVersion, RawClient, type Stack, startStack } from '@gprxy/testkit';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { auditUntil, connect, loginByBearer, refusal, withClient } from './gateway.testing.ts';

const keyOf = (client: pg.Client) => client as unknown as { processID: number; secretKey: number };

describe.each<PostgresVersion>([16, 17, 18])('a session with PostgreSQL %i', (version) => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ version });
  });
  afterAll(() => stack?.stop());

  const show = async (client: pg.Client, name: string) =>
    (await client.query('SELECT current_setting($1, true) AS value', [name])).rows[0].value;

  it('comes back to what was asked for at login after RESET ALL and DISCARD ALL', async () => {
    const options = '-c work_mem=7MB -c my.note=a\\ b -c search_path=pg_temp';
    await withClient(stack, { options, application_name: 'report', statement_timeout: 4_321 }, async (client) => {
      const settings = { work_mem: '7MB', 'my.note': 'a b', search_path: 'pg_temp', application_name: 'report' };
      for (const statement of ['SELECT 1', 'RESET ALL', 'DISCARD ALL']) {
        for (const name of Object.keys(settings)) await client.query(`SELECT set_config($1, '3MB', false)`, [name]);
        if (statement !== 'SELECT 1') await client.query(statement);
        for (const [name, value] of Object.entries(settings)) {
          expect([statement, name, await show(client, name)]).toEqual([
            statement,
            name,
            statement === 'SELECT 1' ? '3MB' : value,
          ]);
        }
      }
    });
  });

  it('knows the claims of the token, before and after RESET ALL', async () => {
    const token = await stack.provider.signToken({ roles: ['a,b', 'c'], org_id: 42 });
    await withClient(stack, { password: token }, async (client) => {
      for (const statement of ['SELECT 1', 'RESET ALL', 'DISCARD ALL']) {
        await client.query(statement);
        expect(await show(client, 'app.user')).toBe(alice.email);
        expect(await show(client, 'app.user_id')).toBe('alice');
        expect(JSON.parse(await show(client, 'app.roles'))).toEqual(['a,b', 'c']);
        expect(await show(client, 'app.org_id')).toBe('42');
        expect(await show(client, 'app.tenant_id')).toBeNull();
      }
    });
  });

  it.each<[options: string, code: string]>([
    ['-c role=postgres', '42501'],
    ['-c session_authorization=postgres', '42501'],
    ['-c user=postgres', '42501'],
    ['-c app.user_id=bob', '42501'],
    ['--APP.user=bob', '42501'],
    ['-d 5', '0A000'],
    ['-c no_such_setting=1', '42704'],
    ['-c shared_buffers=1GB', '55P02'],
    ['-c log_statement=none', '42501'],
  ])('S10 options %j are refused, with %s', async (options, code) => {
    expect(await refusal(stack, { options })).toMatchObject({ code });
  });

  it('S10 replication is refused', async () => {
    const error = await refusal(stack, { replication: 'database' } as pg.ClientConfig).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: '28000' });
  });

  it("has the backend's own pid, and a cancel key that is not the backend's", async () => {
    const client = await connect(stack);
    const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
    expect(keyOf(client).processID).toBe(rows[0].pid);
    await client.end();
    const session = await loginByBearer(stack, await stack.provider.signToken());
    expect(session.backendKey?.secret.length).toBe(32);
    session.channel.socket.destroy();
  });

  it.each(['in plaintext', 'over TLS'])('is cancelled %s, by its key and by no other', async (how) => {
    const client = await connect(stack);
    const { processID, secretKey } = keyOf(client);
    const secret = Buffer.alloc(4);
    secret.writeInt32BE(secretKey);
    const wrong = Buffer.from(secret.map((byte) => byte ^ 1));
    const sleeping = client.query('SELECT pg_sleep(60)').catch((error: pg.DatabaseError) => error.code);
    await stack.postgres.query(`DO $$ BEGIN WHILE NOT EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%'
      AND state = 'active' AND pid <> pg_backend_pid()) LOOP PERFORM pg_sleep(0.01); PERFORM pg_stat_clear_snapshot(); END LOOP; END $$`);
    for (const bytes of [wrong, secret]) {
      const request = encodeCancelRequest(backendKey(processID, bytes));
      const socket = (await RawClient.open(stack.gateway.port)).socket;
      const secured =
        how === 'over TLS'
          ? connectTls({ socket, ca: stack.ca.certPem, servername: 'localhost', ALPNProtocols: ['postgresql'] })
          : socket;
      if (how === 'over TLS') await once(secured, 'secureConnect');
      secured.on('error', () => {});
      secured.resume().write(request);
      if (!secured.closed) await once(secured, 'close');
    }
    expect(await sleeping).toBe('57014');
    await client.end();
    const pid = processID;
    const records = await auditUntil(stack, (all) => all.some((r) => r.event === 'cancel' && r.backend_pid === pid));
    expect(records.filter((r) => r.event === 'cancel' && r.reason === 'unknown_key').length).toBeGreaterThan(0);
  });

  it('S37 leaves one record of its login and one of its end', async () => {
    const name = `audited ${version}`;
    await withClient(stack, { application_name: name }, (client) => client.query('SELECT repeat($1, 100000)', ['x']));
    const ours = (records: Array<Record<string, unknown>>) => records.filter(({ application }) => application === name);
    const records = ours(await auditUntil(stack, (all) => ours(all).length >= 2));
    const common = {
      subject: 'alice',
      email: alice.email,
      issuer: stack.provider.issuer,
      role: alice.email,
      database: 'sales',
      user: alice.email,
      client_address: '127.0.0.1',
    };
    expect(records).toMatchObject([
      { event: 'login', ...common, rule: 1, backend_pid: expect.any(Number) },
      { event: 'end', ...common, ended_by: 'client', bytes_from_client: expect.any(Number) },
    ]);
    expect(records[0]?.session).toBe(records[1]?.session);
    expect(records[1]?.bytes_from_server).toBeGreaterThan(100_000);
  });
});

describe('an end from outside', () => {
  it('SIGTERM lets nobody new in, waits, and ends the rest with 57P01', async () => {
    await using stack = await startStack({ gatewayHead: 'drain_timeout = "200ms"' });
    const client = await connect(stack);
    const ended = once(client, 'error');
    const end = await stack.gateway.program.stop('SIGTERM');
    expect(end.exitCode).toBe(0);
    expect((await ended)[0]).toMatchObject({ code: '57P01' });
    const records = await stack.audit();
    expect(records.map(({ event, reason }) => [event, reason])).toEqual([
      ['login', undefined],
      ['end', 'shutting_down'],
    ]);
  });

  it('a server that goes away is told as such, and the gateway stays alive but not ready', async () => {
    await using stack = await startStack({ gatewayTail: '[admin]\nlisten = "127.0.0.1:0"\n' });
    const [, port] = await stack.gateway.program.waitForLine(/"admin":"127\.0\.0\.1:(\d+)"/);
    const ask = async (question: string) => (await fetch(`http://127.0.0.1:${port}/${question}`)).status;
    await vi.waitFor(async () => expect(await ask('startup')).toBe(200));
    expect([await ask('readiness'), await ask('liveness')]).toEqual([200, 200]);
    const client = await connect(stack);
    const lost = once(client, 'error');
    await stack.postgres.stop();
    expect((await lost)[0].code).toMatch(/^57P0[12]|08006$/);
    const error = await refusal(stack, {});
    expect(error.code).toBe('57P03');
    expect(error.message).toBe('the gateway cannot connect to database "sales" now');
    expect(JSON.stringify(error)).not.toContain(String(stack.postgres.port));
    await vi.waitFor(async () => expect(await ask('readiness')).toBe(503), { timeout: 15_000 });
    expect([await ask('startup'), await ask('liveness')]).toEqual([200, 200]);
  });

  it('S37 a full disk lets nobody in unrecorded', async () => {
    await using stack = await startStack();
    const { readFile, writeFile } = await import('node:fs/promises');
    const text = await readFile(stack.gateway.configFile, 'utf8');
    await writeFile(stack.gateway.configFile, text.replace('path = "audit.jsonl"', 'path = "/dev/full"'));
    await stack.gateway.program.stop();
    await stack.restartGateway();
    expect(await refusal(stack, {})).toMatchObject({ code: '57P03' });
    expect(
      await stack.postgres.query(
        `SELECT 1 FROM pg_stat_activity WHERE usename = '${alice.email}' AND state = 'active'`,
      ),
    ).toEqual([]);
  });
});
