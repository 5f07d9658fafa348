import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { TokenSource } from '@gprxy/credentials';
import { CredentialError } from '@gprxy/credentials';
import type { Profile } from '@gprxy/sidecar';
import { has, startPostgres, type TestPostgres } from '@gprxy/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { connectTo as connectAt } from './node-postgres.testing.ts';
import { CANARY, canaryTokens, startTestSidecar, type TestSidecar, tokensOf } from './sidecar.testing.ts';

const HBA = `
hostssl all postgres 127.0.0.1/32 scram-sha-256
hostssl all all 127.0.0.1/32 password
`;
const BOBS = 'bobs-canary-token';

let postgres: TestPostgres;
let upstream: string;
beforeAll(async () => {
  postgres = await startPostgres({
    version: 18,
    database: 'sales',
    hba: HBA,
    configuration: { max_connections: '200' },
  });
  await postgres.query(`CREATE ROLE "alice@corp.example" LOGIN CREATEDB PASSWORD '${CANARY}'`);
  await postgres.query(`CREATE ROLE "bob@corp.example" LOGIN PASSWORD '${BOBS}'`);
  await postgres.query(`CREATE ROLE narrow LOGIN CONNECTION LIMIT 2 PASSWORD '${CANARY}'`);
  upstream = `postgresql://localhost:${postgres.port}?sslrootcert=${postgres.caFile}&connect_timeout=5`;
});
afterAll(() => postgres.stop());

const start = (
  given: Parameters<typeof startTestSidecar>[0] | object = {},
  tokens?: TokenSource,
): Promise<TestSidecar> =>
  startTestSidecar({ upstream, warm: 'auto', maxConnections: 100, ...given }, tokens ? { tokens } : {});

const sparesOf = ({ sidecar }: TestSidecar) => sidecar.status().listeners[0]?.spares;
const spareWaits = (sidecar: TestSidecar, count = 1) =>
  vi.waitFor(() => expect(sparesOf(sidecar)?.waiting).toBe(count), { timeout: 10_000 });

interface Client {
  readonly pg: pg.Client;
  /** As BackendKeyData told it. */
  readonly pid: number;
}

async function connectTo({ port }: TestSidecar, given: pg.ClientConfig = {}): Promise<Client> {
  const client = await connectAt(port, given);
  return { pg: client, pid: (client as unknown as { processID: number }).processID };
}

/** Pids of the sessions that PostgreSQL has, by whoever they belong to. */
async function backends(user = 'alice@corp.example'): Promise<number[]> {
  const rows = await postgres.query('SELECT pid FROM pg_stat_activity WHERE usename = $1 ORDER BY pid', [user]);
  return rows.map(({ pid }) => Number(pid));
}
const noneIsLeft = () => vi.waitFor(async () => expect(await backends()).toEqual([]), { timeout: 10_000 });

describe('the next client of a database', () => {
  it('gets the session that waits for it, whose pid and cancel key are the ones it is told', async () => {
    const sidecar = await start();
    const first = await connectTo(sidecar);
    await spareWaits(sidecar);
    const [waiting] = (await backends()).filter((pid) => pid !== first.pid);
    const second = await connectTo(sidecar);
    expect(second.pid).toBe(waiting);
    expect((await second.pg.query('SELECT pg_backend_pid() AS pid, session_user AS who')).rows).toEqual([
      { pid: waiting, who: 'alice@corp.example' },
    ]);
    expect(sparesOf(sidecar)).toMatchObject({ lent: 1 });
    const sleeping = second.pg.query('SELECT pg_sleep(60)').catch((error) => error);
    await vi.waitFor(async () => {
      const sql = "SELECT FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'";
      expect(await postgres.query(sql, [second.pid])).toHaveLength(1);
    });
    const wake = new pg.Client({ host: 'localhost', port: sidecar.port }) as unknown as Record<'cancel', Cancel>;
    wake.cancel(second.pg, (second.pg as unknown as { activeQuery: unknown }).activeQuery);
    expect(await sleeping).toMatchObject({ code: '57014' });
  });

  it('S6 has it to itself: nothing that others did is in it, and fifty at once get fifty sessions', async () => {
    const sidecar = await start();
    const first = await connectTo(sidecar);
    await first.pg.query("CREATE TEMP TABLE mine (); SET work_mem = '99MB'; SELECT pg_advisory_lock(1); LISTEN news");
    await spareWaits(sidecar);
    const clients = await Promise.all(Array.from({ length: 50 }, () => connectTo(sidecar)));
    expect(new Set(clients.map(({ pid }) => pid)).size).toBe(50);
    const traces = `SELECT to_regclass('pg_temp.mine') AS mine, current_setting('work_mem') AS work_mem,
      pg_try_advisory_lock_shared(1) AS locked, array(SELECT pg_listening_channels()) AS channels`;
    for (const { pg } of clients) {
      const { rows } = await pg.query(traces);
      expect(rows).toEqual([{ mine: null, work_mem: '4MB', locked: false, channels: [] }]);
    }
    expect(sparesOf(sidecar)?.lent).toBeGreaterThan(0);
  });

  it('has the settings that it asked for as its own defaults, as without a spare', async () => {
    const sidecar = await start();
    const options = { application_name: 'books', options: '-c work_mem=1234kB' };
    await connectTo(sidecar, options);
    await spareWaits(sidecar);
    const { pg } = await connectTo(sidecar, options);
    expect(sparesOf(sidecar)).toMatchObject({ lent: 1 });
    for (const sql of ['SET work_mem = 64', 'SET application_name = other', 'DISCARD ALL']) await pg.query(sql);
    const shown = "SELECT current_setting('work_mem') AS work_mem, current_setting('application_name') AS name";
    expect((await pg.query(shown)).rows).toEqual([{ work_mem: '1234kB', name: 'books' }]);
    const plain = await connectTo(sidecar);
    expect((await plain.pg.query(shown)).rows).toEqual([{ work_mem: '4MB', name: '' }]);
  });

  it('never notices that the spare session was ended by the server, or that the server was restarted', async () => {
    const sidecar = await start();
    const first = await connectTo(sidecar);
    await spareWaits(sidecar);
    await postgres.query(
      'SELECT pg_terminate_backend(pid, 20000) FROM pg_stat_activity WHERE usename LIKE $1 AND pid <> $2',
      ['alice%', first.pid],
    );
    const second = await connectTo(sidecar);
    expect((await second.pg.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await spareWaits(sidecar);
    // PostgreSQL ends all sessions and starts again when one of its processes was killed.
    const ended = new Promise<void>((resolve) => first.pg.once('end', resolve));
    process.kill(second.pid, 'SIGKILL');
    await ended;
    await vi.waitFor(async () => (await postgres.connect()).end(), { timeout: 20_000, interval: 50 });
    const third = await connectTo(sidecar);
    expect((await third.pg.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });
});

describe('a spare session', () => {
  it('S6 of one person is never given to another', async () => {
    const who = { email: 'alice@corp.example', token: CANARY };
    const tokens: TokenSource = {
      getToken: async () => ({
        token: who.token,
        expiresAt: Date.UTC(2040, 0, 1),
        identity: { email: who.email, claims: {} },
      }),
    };
    const sidecar = await start({}, tokens);
    await connectTo(sidecar);
    await spareWaits(sidecar);
    Object.assign(who, { email: 'bob@corp.example', token: BOBS });
    const { pg } = await connectTo(sidecar);
    expect((await pg.query('SELECT session_user AS who')).rows).toEqual([{ who: 'bob@corp.example' }]);
  });

  it('is for nobody once the login has gone: the client is told to log in, and the session ends', async () => {
    const login = { is: true };
    const tokens: TokenSource = {
      getToken: (signal) =>
        login.is
          ? tokensOf(CANARY).getToken(signal)
          : Promise.reject(new CredentialError('ERR_LOGIN_NEEDED', 'nobody is logged in')),
    };
    const sidecar = await start({}, tokens);
    await (await connectTo(sidecar)).pg.end();
    await spareWaits(sidecar);
    login.is = false;
    await expect(connectTo(sidecar)).rejects.toMatchObject({ code: '28P01' });
    expect(sparesOf(sidecar)).toMatchObject({ waiting: 0, lent: 0, unused: 1 });
    await noneIsLeft();
  });

  it('does not keep anybody out where a role may have two connections', async () => {
    const sidecar = await start({ user: 'narrow' });
    await connectTo(sidecar);
    await spareWaits(sidecar);
    const other = await connectTo(sidecar, { application_name: 'something else' });
    expect((await other.pg.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    expect(sparesOf(sidecar)).toMatchObject({ waiting: 0, lent: 0, unused: 1 });
    await expect(connectTo(sidecar)).rejects.toMatchObject({ code: '53300' });
  });

  it.runIf(has.psql)('is not in the way of dropdb', async () => {
    const sidecar = await start();
    const run = (program: string, ...args: string[]) =>
      promisify(execFile)(program, ['-h', '127.0.0.1', '-p', String(sidecar.port), ...args]);
    await run('createdb', 'short-lived');
    await run('psql', '-XAtc', 'SELECT 1', 'short-lived');
    await vi.waitFor(async () => {
      const rows = await postgres.query("SELECT FROM pg_stat_activity WHERE datname = 'short-lived'");
      expect(rows).toHaveLength(1);
    });
    await run('dropdb', 'short-lived');
    expect(sparesOf(sidecar)?.unused).toBeGreaterThan(0);
  });

  it('ends with a reload, which may have changed what it was opened with', async () => {
    let served: Profile | undefined;
    const tokenSourceFor = (profile: Profile) => {
      served = profile;
      return canaryTokens;
    };
    const readProfiles = async () => ({ profiles: served ? [served] : [], problems: [] });
    const sidecar = await startTestSidecar({ upstream, warm: 'auto' }, { tokenSourceFor, readProfiles });
    const client = await connectTo(sidecar);
    await spareWaits(sidecar);
    await sidecar.sidecar.reload('the test wants it');
    expect(sparesOf(sidecar)).toMatchObject({ waiting: 0 });
    await vi.waitFor(async () => expect(await backends()).toEqual([client.pid]), { timeout: 10_000 });
    const next = await connectTo(sidecar);
    await spareWaits(sidecar);
    expect((await next.pg.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    for (const each of [client, next]) await each.pg.end();
  });

  it('S6 ends when its profile is not served any more, while the clients that are in go on', async () => {
    const served: Profile[] = [];
    const tokenSourceFor = (profile: Profile) => {
      served.push(profile);
      return canaryTokens;
    };
    const readProfiles = async () => ({ profiles: [], problems: [] });
    const sidecar = await startTestSidecar({ upstream, warm: 'auto' }, { tokenSourceFor, readProfiles });
    const client = await connectTo(sidecar);
    await spareWaits(sidecar);
    await sidecar.sidecar.reload('the test wants it');
    expect(served).toHaveLength(1);
    await vi.waitFor(async () => expect(await backends()).toEqual([client.pid]), { timeout: 10_000 });
    expect((await client.pg.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await client.pg.end();
  });

  it('ends when the sidecar begins to stop, before its last client has left', async () => {
    const sidecar = await start();
    const client = await connectTo(sidecar);
    await spareWaits(sidecar);
    void sidecar.sidecar.close('the test wants it');
    await vi.waitFor(async () => expect(await backends()).toEqual([client.pid]), { timeout: 10_000 });
    await client.pg.end();
    await noneIsLeft();
  });

  it('takes no place of a client', async () => {
    const sidecar = await start({ maxConnections: 2 });
    await connectTo(sidecar);
    await spareWaits(sidecar);
    await connectTo(sidecar);
    await spareWaits(sidecar);
    expect(sidecar.sidecar.status().listeners[0]).toMatchObject({ connections: 2, totalConnections: 2 });
    await expect(connectTo(sidecar)).rejects.toMatchObject({ code: '53300' });
  });
});

type Cancel = (client: pg.Client, query: unknown) => void;
