import type { Contender, Endpoint } from '../contender.ts';
import { interleave, type Rounds, valuesOf } from '../interleave.ts';
import type { BenchOptions } from '../options.ts';
import type { Part } from '../part.ts';
import { pgbouncer, pgbouncerWithScram } from '../peers/pgbouncer.ts';
import { direct } from '../relay/direct.ts';
import { gateway } from '../relay/gateway.ts';
import { sidecar, sidecarAndGateway, warmSidecar } from '../relay/sidecar.ts';
import type { Bar, ContenderReport, MeasuredRow } from '../report.ts';
import { type BenchServer, SCRAM_ROLE, startBenchServer } from '../server.ts';
import { countLogins, timeLogins } from './logins.ts';
import { farAway, here, type Place, startAt } from './places.ts';

const ROUND_TRIP_MS = 40;
const directScram: Contender = {
  ...direct,
  does: 'the client speaks verified TLS to the server itself, and SCRAM.',
  async start(server) {
    const endpoint = await direct.start(server);
    return { ...endpoint, environment: { ...endpoint.environment, PGUSER: SCRAM_ROLE } };
  },
};

type Side = 'client' | 'server';
interface Way {
  readonly contender: Contender;
  readonly side: Side;
}
interface Runner {
  readonly name: string;
  readonly endpoint: Endpoint;
}

/** P3: what it takes to open a connection and have the answer to a first query. */
export const connectPart: Part = {
  name: 'connect',
  estimateSeconds({ rounds, seconds }) {
    const runners = 1 + OTHERS.length;
    const far = runners * ROUND_TRIP_MS * 5 * (rounds * LOGINS.far + LOGINS.warmUp);
    return 20 + far / 1_000 + runners * rounds * (0.5 + 3 * seconds);
  },
  async run(options, say) {
    say('connect: starting PostgreSQL 18');
    const server = await startBenchServer();
    try {
      // Before logins are counted: those leave tens of thousands of closed sockets behind, and the sidecar looks for its client among them.
      const [, farRows] = await measureAt(await farAway(server, ROUND_TRIP_MS), server, options, say);
      const [reports, nearRows] = await measureAt(here(server), server, options, say);
      return { part: 'connect', baseline: direct.name, contenders: reports, rows: [...nearRows, ...farRows] };
    } finally {
      await server[Symbol.asyncDispose]();
    }
  },
};

const on = (side: Side) => (contender: Contender) => ({ contender, side });
const OTHERS: readonly Way[] = [
  ...[sidecar({}), warmSidecar, sidecarAndGateway, pgbouncer].map(on('client')),
  ...[gateway, pgbouncerWithScram].map(on('server')),
];
/** In a row. The first ones teach and compile. */
const LOGINS = { warmUp: 10, near: 40, far: 15 };

function ways({ only }: BenchOptions): Way[] {
  const wanted = OTHERS.filter(({ contender }) => only === undefined || only.includes(contender.name.toLowerCase()));
  return [{ contender: directScram, side: 'server' }, ...wanted];
}

async function measureAt(
  place: Place,
  server: BenchServer,
  options: BenchOptions,
  say: (line: string) => void,
): Promise<[ContenderReport[], MeasuredRow[]]> {
  await using _ = place;
  const { runners, reports, stop } = await startWays(place, server, options);
  try {
    say(`connect: ${place.name}`);
    const { rounds, smoke } = options;
    for (const { endpoint } of runners) await timeLogins(endpoint, smoke ? 1 : LOGINS.warmUp);
    const times = smoke ? 2 : place.server === server ? LOGINS.near : LOGINS.far;
    const timed = await interleave(runners, rounds, ({ endpoint }) => timeLogins(endpoint, times), say);
    return [
      reports,
      [...latencyRows(place, timed), ...(place.server === server ? await throughput(runners, options, say) : [])],
    ];
  } finally {
    await stop();
  }
}

async function startWays(place: Place, server: BenchServer, options: BenchOptions) {
  const reports: ContenderReport[] = [];
  const runners: Runner[] = [];
  for (const way of ways(options)) {
    const { name, does } = way.contender;
    try {
      runners.push({ name, endpoint: await startAt(place, way, server) });
      reports.push({ name, does });
    } catch (error) {
      reports.push({ name, does, leftOut: `left out: ${(error as Error).message.split('\n')[0]}` });
    }
  }
  return { runners, reports, stop: () => Promise.all(runners.map(({ endpoint }) => endpoint.stop())) };
}

function latencyRows(place: Place, timed: Rounds): MeasuredRow[] {
  const row = (figure: 'p50' | 'p99', bars: readonly Bar[]): MeasuredRow => ({
    ...{ title: `to the first answer, ${place.name}, ${figure}`, unit: 'ms', show: 'added', bars },
    values: valuesOf(timed, figure),
  });
  const near: Bar[] = [{ ours: 'sidecar', than: direct.name, atMostMore: 3 }];
  // So many round trips, that of the query among them, and a half for everything else.
  const inTrips = (ours: string, trips: number): Bar => ({ ours, than: ours, atMost: (trips + 0.5) * ROUND_TRIP_MS });
  const far = [inTrips('sidecar', 4), inTrips('sidecar+gateway', 4), inTrips('sidecar/warm', 1)];
  return [row('p50', place.name === 'loopback' ? near : far), row('p99', [])];
}

async function throughput(
  runners: readonly Runner[],
  { rounds, seconds, smoke }: BenchOptions,
  say: (line: string) => void,
): Promise<MeasuredRow[]> {
  const rows: MeasuredRow[] = [];
  for (const clients of smoke ? [2] : [1, 8, 64]) {
    say(`connect: logins of ${clients} clients`);
    const count = ({ endpoint }: Runner) => countLogins(endpoint, clients, smoke ? 0.2 : seconds);
    const counted = await interleave(runners, rounds, count, say);
    rows.push({
      ...{ title: `logins a second, ${clients} clients`, unit: '1/s', show: 'ratio' },
      values: valuesOf(counted, 'logins'),
      bars: [{ ours: gateway.name, than: pgbouncerWithScram.name, atLeastTimes: 1 }],
    });
  }
  return rows;
}
