import { startPostgres, type TestPostgres } from '@gprxy/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CANARY, startTestSidecar } from './sidecar.testing.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  const hba = 'hostssl all postgres 127.0.0.1/32 scram-sha-256\nhostssl all all 127.0.0.1/32 password\n';
  postgres = await startPostgres({ version: 18, database: 'sales', hba });
  await postgres.query(`CREATE ROLE "alice@corp.example" LOGIN PASSWORD '${CANARY}' CONNECTION LIMIT 2`);
});
afterAll(() => postgres.stop());

async function clientOf(port: number): Promise<pg.Client> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'any', database: 'sales' });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

const startSidecar = () =>
  startTestSidecar({
    upstream: `postgresql://localhost:${postgres.port}?sslmode=verify-ca&sslrootcert=${postgres.caFile}`,
  });
const endOf = (client: pg.Client) => new Promise((resolve) => client.once('error', resolve));

describe('the words of the server reach the client as they are', () => {
  it('57P01 where an administrator ends the session', async () => {
    const client = await clientOf((await startSidecar()).port);
    const told = endOf(client);
    const { rows } = await client.query('select pg_backend_pid() as pid');
    await postgres.query(`select pg_terminate_backend(${rows[0].pid}, 5000)`);
    expect(await told).toMatchObject({ code: '57P01', message: expect.stringContaining('administrator command') });
  });

  it('57P05 where it ends sessions that are idle', async () => {
    const client = await clientOf((await startSidecar()).port);
    const told = endOf(client);
    await client.query("set idle_session_timeout = '200ms'");
    expect(await told).toMatchObject({ code: '57P05', message: expect.stringContaining('idle-session timeout') });
  });

  it('53300 where it has no place left, and the next one is served when there is', async () => {
    const { port } = await startSidecar();
    const [first, second] = [await clientOf(port), await clientOf(port)];
    const full = { code: '53300', message: expect.stringContaining('too many connections for role') };
    await expect(clientOf(port)).rejects.toMatchObject(full);
    await first.end();
    await expect
      .poll(() =>
        clientOf(port).then(
          (client) => client.end(),
          () => 'full',
        ),
      )
      .not.toBe('full');
    await second.end();
  });
});

it('a name that cannot be looked up: 08001, and what to check', async () => {
  const { port } = await startTestSidecar({ upstream: 'postgresql://nowhere.invalid:5432?connect_timeout=5' });
  await expect(clientOf(port)).rejects.toMatchObject({
    code: '08001',
    message: expect.stringMatching(/nowhere\.invalid/),
    hint: expect.stringMatching(/host|network/),
  });
});
