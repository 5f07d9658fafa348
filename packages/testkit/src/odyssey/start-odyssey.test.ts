import { connect } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startPostgres } from '../postgres/start-postgres.ts';
import type { TestPostgres } from '../postgres/test-postgres.ts';
import { RawClient } from '../raw-client.ts';
import { int32 } from './packets.ts';
import type { OdysseyRule } from './rule.ts';
import { startOdyssey } from './start-odyssey.ts';

const RULE = { pool: 'session', authentication: 'clear_text', user: 'alice', password: 'sesame' } as const;
const HBA = 'hostssl all alice 127.0.0.1/32 password\nhostssl all postgres 127.0.0.1/32 scram-sha-256\n';
const SSL_REQUEST = Buffer.concat([int32(8), int32((1234 << 16) | 5679)]);

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres({ version: 17, database: 'sales', hba: HBA });
  await postgres.query(`CREATE ROLE alice LOGIN PASSWORD 'sesame'`);
});
afterAll(() => postgres.stop());

async function odyssey(rule: Partial<OdysseyRule> = {}): Promise<number> {
  const started = await startOdyssey(postgres, { ...RULE, ...rule });
  onTestFinished(() => started.stop());
  return started.port;
}

async function clientOf(port: number, options: pg.ClientConfig = {}): Promise<pg.Client> {
  const { user, password } = RULE;
  const ssl = { ca: postgres.ca, servername: 'localhost' };
  const client = new pg.Client({ host: '127.0.0.1', port, user, password, database: 'sales', ssl, ...options });
  client.on('error', () => {});
  onTestFinished(() => client.end().catch(() => {}));
  await client.connect();
  return client;
}

/** A TLS connection that has sent a StartupMessage of that version, and these parameters. */
async function startup(port: number, version: number, parameters: Readonly<Record<string, string>>) {
  const raw = connect(port, '127.0.0.1');
  raw.write(SSL_REQUEST);
  await new Promise((resolve) => raw.once('data', resolve));
  const secured: TLSSocket = connectTls({
    socket: raw,
    ca: postgres.ca,
    servername: 'localhost',
    ALPNProtocols: ['postgresql'],
  });
  await new Promise((resolve) => secured.once('secureConnect', resolve));
  const texts = [...Object.entries(parameters).flat(), ''].map((text) => `${text}\0`).join('');
  const message = Buffer.concat([int32(8 + Buffer.byteLength(texts)), int32(version), Buffer.from(texts)]);
  return { secured, client: RawClient.over(secured).send(message) };
}

describe('the model of Odyssey', () => {
  it.each(['clear_text', 'md5', 'scram-sha-256', 'none'] as const)(
    'lets in by %s who has the password',
    async (authentication) => {
      const port = await odyssey({ authentication });
      const client = await clientOf(port);
      expect((await client.query('SELECT session_user')).rows).toEqual([{ session_user: 'alice' }]);
      await expect(clientOf(port, { user: 'bob' })).rejects.toMatchObject({ code: '3D000' });
      if (authentication === 'none') return;
      await expect(clientOf(port, { password: 'wrong' })).rejects.toMatchObject({ severity: 'ERROR' });
    },
  );

  it('binds SCRAM to its certificate, and shows that it knows the password', async () => {
    const client = await clientOf(await odyssey({ authentication: 'scram-sha-256' }), { enableChannelBinding: true });
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  it('lets nobody in by "block", nor by "cert" without one', async () => {
    await expect(clientOf(await odyssey({ authentication: 'block' }))).rejects.toMatchObject({ code: '28000' });
    await expect(clientOf(await odyssey({ authentication: 'cert' }))).rejects.toMatchObject({ code: '28P01' });
  });

  it('names itself and the client in its errors, which have no V field', async () => {
    const { client } = await startup(await odyssey(), 3 << 16, { user: 'bob', database: 'sales' });
    const { bytes } = await client.readToEnd();
    expect(bytes.toString('latin1', 5).split('\0')).toEqual([
      'SERROR',
      'C3D000',
      expect.stringMatching(/^Modyssey: c[0-9a-f]{12}: route for 'sales.bob' is not found$/),
      '',
      '',
    ]);
  });

  it.each([
    ['another version than 3.0', (3 << 16) | 2, { user: 'alice' }],
    ['a name of 128 bytes', 3 << 16, { user: 'x'.repeat(128) }],
    ['no name', 3 << 16, { database: 'sales' }],
  ])('hangs up without a word on %s, and chooses no ALPN', async (_, version, parameters) => {
    const { client, secured } = await startup(await odyssey(), version, parameters);
    expect((await client.readToEnd()).bytes).toHaveLength(0);
    expect(secured.alpnProtocol).toBe(false);
  });

  it('takes a ClientHello for the length of a startup packet, and waits for it', async () => {
    const client = await RawClient.open(await odyssey({ clientLoginTimeoutMs: 50 }));
    client.send(Buffer.from('160301020001', 'hex'));
    expect((await client.readToEnd()).bytes).toHaveLength(0);
  });

  it('takes a password that comes along with the StartupMessage', async () => {
    const { client } = await startup(await odyssey(), 3 << 16, { user: 'alice', database: 'sales' });
    client.send(Buffer.concat([Buffer.from('p'), int32(4 + 7), Buffer.from('sesame\0')]));
    expect((await client.read(18)).toString('hex')).toBe('520000000800000003' + '520000000800000000');
  });

  it('in transaction mode lends one server connection to many, with the settings of each', async () => {
    const port = await odyssey({ pool: 'transaction', poolSize: 1 });
    const [one, two] = [
      await clientOf(port, { application_name: "o'ne" }),
      await clientOf(port, { options: '-c search_path=pg_catalog' }),
    ];
    const ask = async (client: pg.Client) =>
      (
        await client.query(
          `SELECT pg_backend_pid() AS pid, current_setting('application_name') AS name, current_setting('search_path') AS path`,
        )
      ).rows[0];
    const [first, second] = [await ask(one), await ask(two)];
    expect(first).toMatchObject({ name: "o'ne", path: '"$user", public' });
    expect(second).toMatchObject({ pid: first.pid, name: '', path: 'pg_catalog' });
    await one.query('BEGIN');
    const waits = ask(two);
    await one.query('COMMIT');
    expect((await waits).path).toBe('pg_catalog');
  });

  it('drops startup parameters that it does not know, and counts its clients', async () => {
    const port = await odyssey({ clientMax: 1 });
    const client = await clientOf(port, { options: '-c work_mem=7MB' });
    expect((await client.query('SHOW work_mem')).rows).toEqual([{ work_mem: '4MB' }]);
    await expect(clientOf(port)).rejects.toMatchObject({ code: '53300' });
  });

  it('says after the login that PostgreSQL refuses', async () => {
    await expect(clientOf(await odyssey(), { database: 'nowhere' })).rejects.toMatchObject({
      severity: 'FATAL',
      code: '08006',
      message: expect.stringContaining('failed to connect to remote server s'),
    });
  });
});
