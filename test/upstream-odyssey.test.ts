import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { has, type OdysseyRule, startOdyssey, startPostgres, type TestPostgres } from '@gprxy/testkit';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { connectTo } from './node-postgres.testing.ts';
import { expectQueriesAndCancels, SECRET, serveBefore } from './pooler.testing.ts';

const HBA = `
hostssl all postgres 127.0.0.1/32 scram-sha-256
hostssl all all 127.0.0.1/32 password
`;

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres({ version: 18, database: 'sales', hba: HBA });
  await postgres.query(`CREATE ROLE "alice@corp.example" LOGIN PASSWORD '${SECRET}'`);
});
afterAll(() => postgres.stop());

/** A sidecar before the model of an Odyssey with that rule. */
async function serve(rule: Partial<OdysseyRule>, secret = SECRET): Promise<number> {
  const odyssey = await startOdyssey(postgres, {
    ...{ pool: 'session', authentication: 'clear_text', user: 'alice@corp.example', password: SECRET },
    ...rule,
  });
  onTestFinished(() => odyssey.stop());
  const upstream = `postgresql://localhost:${odyssey.port}?sslrootcert=${postgres.caFile}&connect_timeout=5`;
  return serveBefore(upstream, rule.authentication === 'scram-sha-256' ? 'password' : 'token', secret);
}

const refusalOf = (connecting: Promise<pg.Client>) =>
  connecting.then(
    () => 'was let in',
    (error: unknown) => error,
  );

/** psql of PostgreSQL 18, which can speak version 3.2 of the protocol. */
async function psql(port: number, version: string, script: string): Promise<string> {
  const conninfo = `host=127.0.0.1 port=${port} dbname=sales user=me max_protocol_version=${version}`;
  const env = { ...process.env, LD_LIBRARY_PATH: postgres.libraryDirectory };
  const running = promisify(execFile)('psql', ['-XAtq', '-v', 'ON_ERROR_STOP=1', conninfo], { env });
  running.child.stdin?.end(script);
  return (await running).stdout.trim();
}

describe('a model of Odyssey as the upstream', () => {
  it.each([
    ['session', 'scram-sha-256'],
    ['session', 'clear_text'],
    ['transaction', 'scram-sha-256'],
    ['transaction', 'clear_text'],
  ] as const)(
    'in %s mode, by %s: queries, wide rows and cancels reach the right server',
    async (pool, authentication) => {
      const port = await serve({ pool, authentication });
      await expectQueriesAndCancels(port, activeStatements);
    },
  );

  it('takes the token that comes along with the StartupMessage from the second login on', async () => {
    const port = await serve({});
    for (let n = 0; n < 3; n++) {
      const client = await connectTo(port);
      expect((await client.query('SELECT $1::int AS n', [n])).rows).toEqual([{ n }]);
    }
  });

  it('keeps prepared statements of a session, and of a transaction where that is what it lends', async () => {
    for (const pool of ['session', 'transaction'] as const) {
      const client = await connectTo(await serve({ pool, poolSize: 1 }));
      await client.query('BEGIN');
      for (let n = 0; n < 3; n++) {
        const { rows } = await client.query({ name: 'plus', text: 'SELECT $1::int + 1 AS n', values: [n] });
        expect(rows).toEqual([{ n: n + 1 }]);
      }
      await client.query('COMMIT');
    }
  });

  it.runIf(has.psql)('is asked for version 3.0 where it hangs up on 3.2, and COPY passes', async () => {
    for (const pool of ['session', 'transaction'] as const) {
      const port = await serve({ pool });
      const script = `BEGIN; CREATE TEMP TABLE t (n int); COPY t FROM STDIN;\n1\n2\n\\.\nCOPY t TO STDOUT; COMMIT;`;
      expect(await psql(port, '3.2', script)).toBe('1\n2');
      expect(await psql(port, '3.0', script)).toBe('1\n2');
    }
  });

  it('is heard when it refuses: its words, its SQLSTATE, and what to do', async () => {
    const said = (text: string) => expect.stringMatching(new RegExp(`^odyssey: c[0-9a-f]{12}: ${text}`));
    expect(await refusalOf(connectTo(await serve({}, 'expired')))).toMatchObject({
      ...{ code: '28P01', message: said('incorrect password'), hint: expect.stringContaining('gprxy login') },
    });
    const scram = serve({ authentication: 'scram-sha-256' }, 'wrong');
    expect(await refusalOf(connectTo(await scram))).toMatchObject({
      ...{ code: '28000', message: said('frontend auth: password'), hint: expect.stringContaining('password') },
    });
    expect(await refusalOf(connectTo(await serve({ user: 'bob' })))).toMatchObject({
      ...{
        code: '3D000',
        message: said("route for 'sales.alice@corp.example'"),
        hint: expect.stringContaining('database'),
      },
    });
    const full = await serve({ clientMax: 1 });
    await connectTo(full);
    expect(await refusalOf(connectTo(full))).toMatchObject({
      ...{ code: '53300', message: said('too many client'), hint: expect.stringContaining('connections') },
    });
  });

  it('is heard when it refuses after the login, and gets no token by MD5', async () => {
    expect(await refusalOf(connectTo(await serve({}), { database: 'nowhere' }))).toMatchObject({
      ...{ code: '08006', severity: 'FATAL', message: expect.stringContaining('failed to connect to remote server') },
      hint: expect.stringContaining('gprxy doctor'),
    });
    expect(await refusalOf(connectTo(await serve({ authentication: 'md5' })))).toMatchObject({
      ...{ code: '28000', detail: 'No credential was sent.', hint: expect.any(String) },
    });
  });

  it('ends without a word, and the client is told all the same', async () => {
    const odyssey = await startOdyssey(postgres, {
      ...{ pool: 'transaction', authentication: 'clear_text', user: 'alice@corp.example', password: SECRET },
    });
    const upstream = `postgresql://localhost:${odyssey.port}?sslrootcert=${postgres.caFile}&connect_timeout=5`;
    const client = await connectTo(await serveBefore(upstream, 'token'));
    const told = new Promise((resolve) => client.once('error', resolve));
    await odyssey.stop();
    expect(await told).toMatchObject({ code: '08006', hint: expect.any(String) });
  });
});

async function activeStatements(): Promise<number> {
  const sql = "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query = 'SELECT pg_sleep(60)'";
  return (await postgres.query(sql)).length;
}
