import { appendFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startWorld, type World } from '../soak/world.ts';
import { openSmallDisk, type SmallDisk } from './small-disk.testing.ts';

/** What a client is told when a connection, or its end, is an error. */
interface Told {
  readonly code?: string;
  readonly hint?: string;
  readonly message: string;
}

const TOKEN_LIFE_SECONDS = 4;
let world: World;
let disk: SmallDisk;

beforeAll(async () => {
  disk = await openSmallDisk();
  const env = { GPRXY_STATE_DIR: disk.path };
  world = await startWorld({ accessTokenTtlSeconds: TOKEN_LIFE_SECONDS, env });
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await disk[Symbol.asyncDispose]();
});

function fill(file: string): void {
  try {
    for (;;) appendFileSync(file, Buffer.alloc(1 << 16));
  } catch {
    // Full.
  }
}

async function connect(): Promise<pg.Client> {
  const port = world.people[0]?.port ?? 0;
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'any', database: 'sales' });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

const refusal = async (): Promise<Told | undefined> =>
  connect().then(
    (client) => void client.end(),
    (error) => error,
  );
const endOf = (client: pg.Client) => new Promise<Told>((resolve) => client.once('error', resolve));
const failureOf = (work: Promise<unknown>): Promise<Told> =>
  work.then(
    () => ({ message: 'it went well' }),
    (error) => error,
  );
const settles = (work: Promise<unknown>) => Promise.race([work.then(() => true), sleep(3_000).then(() => false)]);
const isServed = async () => (await refusal()) === undefined;
const served = () => expect.poll(isServed, { timeout: 30_000 }).toBe(true);

describe('provider', { timeout: 90_000 }, () => {
  it('down when the token ends: new clients are told that it cannot be reached, not that a login is needed; sessions go on', async () => {
    const { provider } = world.stack;
    const client = await connect();
    await provider.pause('finish');
    onTestFinished(() => provider.resume());
    await expect.poll(async () => (await refusal())?.code, { timeout: 30_000 }).toBe('57P03');
    const told = await refusal();
    expect(told).toMatchObject({ code: '57P03', message: expect.stringContaining('cannot be reached') });
    expect(told?.hint).toMatch(/network|VPN/);
    expect(`${told?.message}${told?.hint}`).not.toContain('gprxy login');
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await client.end();
    await provider.resume();
    await served();
  });

  it('killed in the middle of a refresh: who waits for it is told so, and the next refresh goes well', async () => {
    const { provider } = world.stack;
    await served();
    await provider.pause('hang');
    onTestFinished(() => provider.resume());
    // As long as the token lives a slow refresh is not waited for.
    let waiting = refusal();
    while (await settles(waiting)) waiting = refusal();
    const asked = [waiting, refusal(), refusal()];
    await provider.pause('refuse');
    const unreachable = { code: '57P03', message: expect.stringContaining('identity provider') };
    expect(await Promise.all(asked)).toMatchObject([unreachable, unreachable, unreachable]);
    await provider.resume();
    await served();
  });
});

describe('upstream', { timeout: 90_000 }, () => {
  it('restarts: sessions get the words of the server, new clients are told while it is away, and then served', async () => {
    await served();
    const client = await connect();
    const told = endOf(client);
    await world.stack.postgres.restart();
    expect(await told).toMatchObject({ code: '57P01', message: expect.stringContaining('administrator command') });
    await served();
  });

  it('killed in the middle of a statement: 08006, and whether it was carried out is not known', async () => {
    await served();
    const client = await connect();
    const statement = failureOf(client.query('select pg_sleep(600)'));
    await world.stack.gateway.program.stop('SIGKILL');
    const hint = expect.stringContaining('Connect again');
    expect(await statement).toMatchObject({ code: '08006', hint, detail: expect.stringContaining('not known') });
    expect(await refusal()).toMatchObject({ code: '08001', hint: expect.stringMatching(/upstream/) });
    await world.stack.restartGateway();
    await served();
  });

  it('killed while a client copies in: 08006', async () => {
    await served();
    const client = await connect();
    await client.query('create temp table bulk (line text)');
    const begun = new Promise<void>((resolve) => {
      const copy = new pg.Query({ text: 'copy bulk from stdin' }) as pg.Query & Record<string, unknown>;
      copy.handleCopyInResponse = (connection: { sendCopyFromChunk(chunk: Buffer): void }) => {
        connection.sendCopyFromChunk(Buffer.from('one line\n'));
        resolve();
      };
      copy.on('error', () => {});
      client.query(copy as never);
      copy.handleError = (error: Error) => void client.emit('error', error);
    });
    const told = endOf(client);
    await begun;
    await world.stack.gateway.program.stop('SIGKILL');
    expect(await told).toMatchObject({ code: '08006' });
    await world.stack.restartGateway();
    await served();
  });

  it('killed while a client copies out: 08006 between two rows; in the middle of one nobody can be told, and the connection ends', async () => {
    await served();
    const client = await connect();
    const copy = client.query(`copy (select repeat('x', 5000), generate_series(1, 10000000)) to stdout`);
    const told = failureOf(copy);
    await expect
      .poll(() => (client as unknown as { connection: { stream: { bytesRead: number } } }).connection.stream.bytesRead)
      .toBeGreaterThan(1 << 20);
    await world.stack.gateway.program.stop('SIGKILL');
    const { code, message } = await told;
    expect(code ?? message).toMatch(/^08006$|^Connection terminated unexpectedly$/);
    await world.stack.restartGateway();
    await served();
  });
});

describe('the disk', { timeout: 90_000 }, () => {
  it('full when the token ends: new clients are told to make room, sessions go on, and all is well when there is some', async ({
    skip,
  }) => {
    if (!disk.isOwn) skip('mount is not allowed here');
    await served();
    const client = await connect();
    const filler = join(disk.path, 'of-somebody-else');
    fill(filler);
    await expect.poll(async () => (await refusal())?.code, { timeout: 30_000 }).toBe('28000');
    expect(await refusal()).toMatchObject({ code: '28000', message: expect.stringContaining('ENOSPC') });
    expect((await refusal())?.hint).toMatch(/^Make room on the disk of /);
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await client.end();
    rmSync(filler);
    await served();
    expect(await world.shell.run('gprxy get-token --profile alice')).toMatchObject({ exitCode: 0 });
  });
});
