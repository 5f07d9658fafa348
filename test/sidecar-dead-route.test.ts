import { setTimeout as delay } from 'node:timers/promises';
import { startPostgres } from '@gprxy/testkit';
import pg from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { startFarSide } from './far-side.testing.ts';
import { CANARY, startTestSidecar } from './sidecar.testing.ts';

/** Longer than it takes to find a dead route, and than any grace. */
const SLOW_SECONDS = 62;

/** Fixed in packages/sidecar/src/upstream/dead-routes.ts: 15 s of silence, half a minute of nobody acknowledging, and ticks of 5 s. */
const FOUND_WITHIN_MS = 60_000;
/** The kernel's questions to who is idle take 72 s. */
const TOLD_WITHIN_MS = 90_000;

async function connect(port: number): Promise<pg.Client> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'any', database: 'sales' });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

interface Told {
  readonly code?: string;
  readonly hint?: string;
  readonly detail?: string;
  readonly afterMs: number;
}

/** What the client is told, and how long that took; that it was told nothing, if so. */
async function failureOf(work: Promise<unknown>): Promise<Told> {
  const startedAt = performance.now();
  const nothing = delay(TOLD_WITHIN_MS, new Error('it was told nothing'), { ref: false });
  const error = await Promise.race([work.then(() => new Error('it went well')), nothing]).catch((error) => error);
  return Object.assign(error, { afterMs: performance.now() - startedAt });
}

it('a route that dies while the address stays: who has sent something is told 08006 within a minute, who is idle after 70 s; a slow query goes on', async ({
  skip,
}) => {
  const hba = 'hostssl all postgres 127.0.0.1/32 scram-sha-256\nhostssl all all 127.0.0.1/32 password\n';
  await using postgres = await startPostgres({ version: 18, database: 'sales', hba });
  await using far = await startFarSide(postgres.port);
  if (!far) return skip('networks may not be made here');
  await postgres.query(`CREATE ROLE "alice@corp.example" LOGIN PASSWORD '${CANARY}'`);
  const [steady, cut] = far.addresses;
  const through = (address: string) =>
    startTestSidecar({
      upstream: `postgresql://${address}:${far.port}?sslmode=verify-ca&sslrootcert=${postgres.caFile}&connect_timeout=5`,
    });
  const [well, ill] = [await through(steady), await through(cut)];
  onTestFinished(() => far.mend(cut));
  const slow = await connect(well.port);
  const slowAnswer = slow.query(`select pg_sleep(${SLOW_SECONDS}), 1 as one`);

  const [asking, copying, idle] = [await connect(ill.port), await connect(ill.port), await connect(ill.port)];
  await copying.query('create temp table bulk (line text)');
  await expect.poll(() => far.unacknowledged()).toBe(0);
  far.cut(cut);
  const idleEnd = failureOf(new Promise((_, reject) => void idle.once('error', reject)));
  const ends = Promise.all([
    failureOf(asking.query('select 1')),
    failureOf(copying.query(`insert into bulk values ('${'x'.repeat(1 << 20)}')`)),
  ]);
  expect(await failureOf(connect(ill.port))).toMatchObject({ code: '08001' });
  for (const told of await ends) {
    expect(told).toMatchObject({
      code: '08006',
      detail: 'Whether the last statement was carried out is not known.',
      hint: expect.stringContaining('Connect again'),
    });
    expect(told.afterMs).toBeLessThan(FOUND_WITHIN_MS);
  }
  const why = `${cut} does not acknowledge what is sent to it: the route there is dead`;
  await expect.poll(() => ill.log).toContainEqual(expect.objectContaining({ message: 'ended', cause: why }));
  expect((await slowAnswer).rows).toMatchObject([{ one: 1 }]);
  const idleTold = await idleEnd;
  expect(idleTold).toMatchObject({ code: '08006', hint: expect.stringContaining('Connect again') });
  await slow.end();
}, 150_000);
