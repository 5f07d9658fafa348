import { execFile, spawn } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { passwordIn } from '@gprxy/sidecar';
import { has, programs, startPostgres, type TestPostgres, temporaryDirectory } from '@gprxy/testkit';
import pg from 'pg';
import postgresJs from 'postgres';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { CANARY, errorIn, sendRaw, startTestSidecar, startupAs } from './sidecar.testing.ts';

const run = promisify(execFile);
const NOBODY = 65_534;

let postgres: TestPostgres;
let upstream: string;
beforeAll(async () => {
  const hba = 'hostssl all postgres 127.0.0.1/32 scram-sha-256\nhostssl all all 127.0.0.1/32 password\n';
  postgres = await startPostgres({ version: 18, database: 'sales', hba });
  await postgres.query(`CREATE ROLE "alice@corp.example" LOGIN PASSWORD '${CANARY}'`);
  upstream = `postgresql://localhost:${postgres.port}?sslrootcert=${postgres.caFile}&connect_timeout=5`;
});
afterAll(() => postgres.stop());

/** A sidecar that asks for a password, and where that is. */
async function startAsking() {
  const directory = await temporaryDirectory();
  onTestFinished(() => directory.remove());
  const passwordFile = join(directory.path, 'state', 'pgpass');
  const started = await startTestSidecar({ upstream, localAuth: 'password' }, { passwordFile });
  const password = passwordIn(await readFile(passwordFile, 'utf8'), { host: 'localhost', port: started.port }) ?? '';
  return { ...started, passwordFile, password };
}

const dsn = (port: number, password: string) => `postgresql://any:${password}@localhost:${port}/sales?sslmode=disable`;

describe('S16 a sidecar that asks for a password', () => {
  it('writes it to a file for its owner only, and nowhere else', async () => {
    const { port, password, passwordFile, log, sidecar } = await startAsking();
    expect(password).toMatch(/^[\w-]{43}$/);
    expect((await stat(passwordFile)).mode & 0o777).toBe(0o600);
    expect((await stat(join(passwordFile, '..'))).mode & 0o777).toBe(0o700);
    await sendRaw({ port }, startupAs('mallory'), Buffer.from('p')).catch(() => {});
    expect(JSON.stringify([log, sidecar.status(), sidecar.listeners])).not.toContain(password);
    expect(sidecar.status().listeners[0]).toMatchObject({ localAuth: 'password' });
  });

  it('makes another one for each start and each address, so that what a squatter caught opens nothing', async () => {
    const [one, two] = [await startAsking(), await startAsking()];
    expect(one.password).not.toBe(two.password);
    const client = new pg.Client(dsn(two.port, one.password));
    await expect(client.connect()).rejects.toMatchObject({ code: '28P01' });
  });
});

describe('with the local password', () => {
  it.runIf(has.psql).each(['localhost', '127.0.0.1'])('psql finds it by itself at %s', async (host) => {
    const { port, passwordFile } = await startAsking();
    const env = { PATH: process.env.PATH ?? '', PGPASSFILE: passwordFile, PGREQUIREAUTH: 'scram-sha-256' };
    const args = ['-h', host, '-p', String(port), '-w', '-XAtc', 'SELECT session_user', 'sales'];
    expect((await run('psql', args, { env })).stdout.trim()).toBe('alice@corp.example');
  });

  it('node-postgres and postgres.js get in', async () => {
    const { port, password } = await startAsking();
    const client = new pg.Client(dsn(port, password));
    await client.connect();
    expect((await client.query('SELECT session_user AS me')).rows).toEqual([{ me: 'alice@corp.example' }]);
    await client.end();
    const sql = postgresJs(dsn(port, password), { max: 1 });
    expect([...(await sql`SELECT session_user AS me`)]).toEqual([{ me: 'alice@corp.example' }]);
    await sql.end();
  });

  it.runIf(has.psycopg2)('psycopg2 finds it by itself', async () => {
    const { port, passwordFile } = await startAsking();
    const script = `import psycopg2; c = psycopg2.connect("host=localhost port=${port} dbname=sales sslmode=disable"); q = c.cursor(); q.execute("SELECT session_user"); print(q.fetchone()[0])`;
    const { stdout } = await run(programs.python, ['-c', script], { env: { PGPASSFILE: passwordFile } });
    expect(stdout.trim()).toBe('alice@corp.example');
  });

  it('a statement can be cancelled, which needs no password', async () => {
    const { port, password } = await startAsking();
    const client = new pg.Client(dsn(port, password));
    await client.connect();
    const slow = client.query('SELECT pg_sleep(60) /* asked */').catch((error) => error);
    const active = "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%/* asked */' AND state = 'active'";
    await expect.poll(async () => (await postgres.query(active)).length).toBeGreaterThan(0);
    const { processID, secretKey } = client as unknown as { processID: number; secretKey: number };
    const request = Buffer.alloc(16);
    for (const [index, word] of [16, 80_877_102, processID].entries()) request.writeInt32BE(word, index * 4);
    request.writeInt32BE(secretKey | 0, 12);
    await sendRaw({ port }, request);
    expect(await slow).toMatchObject({ code: '57014' });
    await client.end();
  });
});

describe('without the local password', () => {
  it.each([
    ['a wrong one', 'guess'],
    ['an empty one', ''],
  ])('%s is refused, and nothing goes upstream', async (_, guess) => {
    const { port, log } = await startAsking();
    const client = new pg.Client({ ...pgOptions(port), password: () => guess });
    const error = await client.connect().catch((caught) => caught);
    if (guess !== '') expect(error).toMatchObject({ code: '28P01', hint: expect.stringContaining('gprxy dsn') });
    expect(log.map(({ message }) => message)).not.toContain('connected');
  });

  it.runIf(process.getuid?.() === 0)('S15 another OS user neither finds it out nor gets in', async () => {
    const { port, passwordFile } = await startAsking();
    const script = `require('fs').readFile(${JSON.stringify(passwordFile)}, (error) => console.log(error.code))`;
    const child = spawn(process.execPath, ['-e', script], { uid: NOBODY, gid: NOBODY, env: {}, cwd: '/' });
    expect((await text(child.stdout)).trim()).toBe('EACCES');
    const { answer } = await sendRaw({ port }, startupAs('mallory'), saslInitialResponse('OAUTHBEARER'));
    expect(errorIn(answer.subarray(answer.indexOf('E')))).toMatchObject({ code: '08P01' });
  });

  it('S11 whatever is no answer to the question ends the connection', async () => {
    const { port, log } = await startAsking();
    for (const bytes of [startupAs('again'), Buffer.from('Q\0\0\0\x0dSELECT 1\0'), Buffer.from('p\0\0\xff\xff')]) {
      const { answer } = await sendRaw({ port }, startupAs('mallory'), bytes);
      expect(errorIn(answer.subarray(24))).toMatchObject({ code: '08P01' });
    }
    expect(log.map(({ message }) => message)).not.toContain('connected');
  });
});

const pgOptions = (port: number) => ({ host: 'localhost', port, user: 'any', database: 'sales' });

function saslInitialResponse(mechanism: string): Buffer {
  const body = Buffer.concat([Buffer.from(`${mechanism}\0`), Buffer.from([255, 255, 255, 255])]);
  const head = Buffer.alloc(5, 'p');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
