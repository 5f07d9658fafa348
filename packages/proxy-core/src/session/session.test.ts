import { startPostgres, type TestPostgres } from '@gprxy/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startProxy } from './proxy.testing.ts';

let postgres: TestPostgres;
let proxy: Awaited<ReturnType<typeof startProxy>>;

beforeAll(async () => {
  postgres = await startPostgres({ version: 18 });
  proxy = await startProxy(postgres);
});
afterAll(async () => {
  await proxy?.listener.drain(1_000);
  await postgres?.stop();
});

async function connect(port = proxy.port): Promise<pg.Client> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres' });
  client.on('error', () => {});
  await client.connect();
  return client;
}

describe('a session', () => {
  it('answers simple and extended queries as the server would', async () => {
    const client = await connect();
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    expect((await client.query('select $1::int + 1 as two', [1])).rows).toEqual([{ two: 2 }]);
    await client.end();
  });

  it("hands out the server's own pid", async () => {
    const client = await connect();
    const [row] = (await client.query('select pg_backend_pid() as pid')).rows;
    expect((client as unknown as { processID: number }).processID).toBe(row.pid);
    await client.end();
  });

  it('carries rows of many megabytes', async () => {
    const client = await connect();
    const [row] = (await client.query("select repeat('x', 8000000) as big")).rows;
    expect(row.big.length).toBe(8_000_000);
    await client.end();
  });

  it('tells the client the reason when the server terminates the backend', async () => {
    const client = await connect();
    const [{ pid }] = (await client.query('select pg_backend_pid() as pid')).rows;
    const ended = new Promise((resolve) => client.once('error', resolve));
    await postgres.query('select pg_terminate_backend($1)', [pid]);
    expect(await ended).toMatchObject({ code: '57P01' });
  });

  it('refuses a database that does not exist with the words of the server', async () => {
    const client = new pg.Client({ host: '127.0.0.1', port: proxy.port, user: 'postgres', database: 'nowhere' });
    await expect(client.connect()).rejects.toMatchObject({
      code: '3D000',
      message: 'database "nowhere" does not exist',
    });
  });

  it('says that the server is out of reach, and what to do', async () => {
    const down = await startProxy({ ...postgres, port: 1 } as TestPostgres);
    await expect(connect(down.port)).rejects.toMatchObject({ code: '08001', hint: expect.stringContaining('running') });
    await down.listener.drain(0);
  });

  it('ends running sessions with 57P01 when a drain runs out of time', async () => {
    const draining = await startProxy(postgres);
    const client = await connect(draining.port);
    const ended = new Promise((resolve) => client.once('error', resolve));
    const { forced } = await draining.listener.drain(0);
    expect(forced).toBe(1);
    expect(await ended).toMatchObject({ code: '57P01' });
    expect(draining.ends[0]).toMatchObject({ stage: 'relay', endedBy: 'proxy' });
  });

  it('reports the end of every session exactly once', async () => {
    const quiet = await startProxy(postgres);
    const client = await connect(quiet.port);
    await client.query('select 1');
    await client.end();
    await quiet.listener.drain(1_000);
    expect(quiet.ends).toMatchObject([{ stage: 'relay', endedBy: 'client', who: 'postgres' }]);
  });
});
