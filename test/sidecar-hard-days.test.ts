import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { usageOf } from '../bench/process-usage.ts';
import { type SignedIn, startSignedIn } from './signed-in-shell.testing.ts';
import { openSmallDisk, type SmallDisk } from './small-disk.testing.ts';

/** What a client is told when a connection, or its end, is an error. */
interface Told {
  readonly code?: string;
  readonly hint?: string;
  readonly message: string;
}

let world: SignedIn;
let disk: SmallDisk;
let daemon: { readonly pid: number; readonly port: number };

beforeAll(async () => {
  disk = await openSmallDisk();
  world = await startSignedIn({ env: { GPRXY_STATE_DIR: disk.path } });
  expect(await world.shell.run('gprxy start --detach')).toMatchObject({ exitCode: 0 });
  const { pid, listeners } = await statusOf();
  daemon = { pid, port: Number(/:(\d+)$/.exec(listeners[0].address)?.[1]) };
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await disk[Symbol.asyncDispose]();
});

const statusOf = async () => JSON.parse((await world.shell.run('gprxy status --json')).stdout);

async function connect(): Promise<pg.Client> {
  const { port } = daemon;
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
const isServed = async () => (await refusal()) === undefined;
const pidOf = async (client: pg.Client) => (await client.query('select pg_backend_pid() as pid')).rows[0].pid as number;

describe('upstream', { timeout: 60_000 }, () => {
  it('a backend that is killed: its client and the others get 08006, these after the words of the server; new ones are served', async () => {
    const [victim, other] = [await connect(), await connect()];
    const ends = Promise.all([endOf(victim), endOf(other)]);
    const warned = new Promise((resolve) => other.once('notice', resolve));
    process.kill(await pidOf(victim), 'SIGKILL');
    const lost = { code: '08006', hint: expect.stringContaining('Connect again') };
    expect(await ends).toMatchObject([lost, lost]);
    expect(await warned).toMatchObject({ code: '57P02' });
    await expect.poll(isServed, { timeout: 20_000 }).toBe(true);
  });

  it('a server that answers no more: new clients are told so after connect_timeout, sessions go on when it is back', async () => {
    const client = await connect();
    const backend = await pidOf(client);
    const postmaster = Number(
      readFileSync(join(world.postgres.dataDirectory, 'postmaster.pid'), 'utf8').split('\n')[0],
    );
    signal([postmaster, backend], 'SIGSTOP');
    onTestFinished(() => signal([postmaster, backend], 'SIGCONT'));
    const answer = client.query('select 1 as one');
    // The first one may get a spare session that was opened before.
    const told = (await refusal()) ?? (await refusal());
    expect(told).toMatchObject({ code: expect.stringMatching(/^08001|08006$/), hint: expect.anything() });
    signal([postmaster, backend], 'SIGCONT');
    expect((await answer).rows).toEqual([{ one: 1 }]);
    await expect.poll(isServed, { timeout: 20_000 }).toBe(true);
    await client.end();
  });
});

describe('the machine', { timeout: 60_000 }, () => {
  it('a disk that is full: connections, status and running sessions go on, and the log does when there is room again', async ({
    skip,
  }) => {
    if (!disk.isOwn) skip('mount is not allowed here');
    const client = await connect();
    const logFile = join(disk.path, 'gprxy.log');
    const filler = join(disk.path, 'of-somebody-else');
    const { bavail, bsize } = statfsSync(disk.path);
    writeFileSync(filler, Buffer.alloc(bavail * bsize));
    for (let i = 0; i < 20; i++) expect(await refusal()).toBe(undefined);
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    expect(await statusOf()).toMatchObject({ pid: daemon.pid, state: 'running' });
    rmSync(filler);
    const logged = () => statSync(logFile).size;
    const before = logged();
    expect(await refusal()).toBe(undefined);
    await expect.poll(logged, { timeout: 20_000 }).toBeGreaterThan(before);
    await client.end();
  });

  it('no file descriptors left: those who can be told get 53300, sessions go on, nothing spins, and it serves again', async () => {
    const first = await connect();
    const inUse = readdirSync(`/proc/${daemon.pid}/fd`).length;
    limitDescriptors(inUse + 9);
    const [startedAt, before] = [performance.now(), usageOf(daemon.pid)?.cpuMs ?? 0];
    const outcomes = await Promise.allSettled(Array.from({ length: 40 }, connect));
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as Told] : []));
    expect(refused.length).toBeGreaterThan(30);
    const told = refused.filter(({ code }) => code !== undefined && code.length === 5);
    expect(new Set(told.map(({ code }) => code))).toEqual(new Set(['53300']));
    expect(told[0]?.hint).toMatch(/ulimit -n/);
    expect((await first.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    for (let i = 0; i < 20; i++) await refusal();
    const share = ((usageOf(daemon.pid)?.cpuMs ?? 0) - before) / (performance.now() - startedAt);
    expect(share).toBeLessThan(1.5);
    for (const outcome of outcomes) if (outcome.status === 'fulfilled') await outcome.value.end();
    await expect.poll(isServed, { timeout: 20_000 }).toBe(true);
    expect(await statusOf()).toMatchObject({ pid: daemon.pid });
    limitDescriptors(1_024);
    await first.end();
  });

  it('a machine that was asleep: the session goes on, and forty who came meanwhile are served at once', async () => {
    const client = await connect();
    process.kill(daemon.pid, 'SIGSTOP');
    const answer = client.query('select 1 as one');
    const meanwhile = Promise.all(Array.from({ length: 40 }, connect));
    process.kill(daemon.pid, 'SIGCONT');
    expect((await answer).rows).toEqual([{ one: 1 }]);
    for (const each of await meanwhile) await each.end();
    await client.end();
  });
});

function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      // It has ended.
    }
  }
}

function limitDescriptors(count: number): void {
  execFileSync('prlimit', ['--pid', String(daemon.pid), `--nofile=${count}:1024`]);
}

describe('provider', () => {
  it('gone while the token lives: connections go on', async () => {
    await world.provider.stop();
    expect(await refusal()).toBe(undefined);
  });
});
