import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Contender } from '../contender.ts';
import type { BenchOptions } from '../options.ts';
import type { Part } from '../part.ts';
import { haproxy } from '../peers/haproxy.ts';
import { pgbouncer, pgbouncerWithClientTls } from '../peers/pgbouncer.ts';
import { stunnel } from '../peers/stunnel.ts';
import type { MeasuredRow } from '../report.ts';
import { type BenchServer, startBenchServer } from '../server.ts';
import { bareNode } from './bare-node.ts';
import { prepareBulk } from './bulk.ts';
import { direct } from './direct.ts';
import { type Runner, startField } from './field.ts';
import { gateway } from './gateway.ts';
import { createTables } from './pgbench.ts';
import { estimateSelects, measureSelects } from './selects.ts';
import { sidecar, sidecarAndGateway, sidecarOnUnixSocket } from './sidecar.ts';
import { measureTransfers } from './transfers.ts';

/** P1 and P2: what the way through gprxy costs once a session is up. */
export const relayPart: Part = {
  name: 'relay',
  estimateSeconds(options) {
    const all = contenders(options);
    const bulk = options.mebibytes.map(
      (mebibytes) =>
        roundsOf(mebibytes, options) * all.length * (3 * (0.2 + (mebibytes * timesOf(mebibytes)) / 400) + 0.7),
    );
    return 10 + estimateSelects(options, all.filter(isLocal).length) + bulk.reduce((sum, seconds) => sum + seconds, 0);
  },
  async run(options, say) {
    say('relay: starting PostgreSQL 18 and all contenders');
    const server = await startBenchServer();
    try {
      const field = await startField(contenders(options), server, say);
      try {
        const rows = await measureAll(field.runners, server, options, say);
        return { part: 'relay', baseline: direct.name, contenders: field.reports, rows };
      } finally {
        await field[Symbol.asyncDispose]();
      }
    } finally {
      await server[Symbol.asyncDispose]();
    }
  },
};

function contenders(options: BenchOptions): Contender[] {
  const ours = [sidecar(options), sidecarOnUnixSocket, sidecarAndGateway];
  const relays = [...ours, bareNode, pgbouncer, stunnel, haproxy, gateway, pgbouncerWithClientTls];
  const { only } = options;
  return [direct, ...relays.filter(({ name }) => only === undefined || only.includes(name.toLowerCase()))];
}

async function measureAll(
  runners: readonly Runner[],
  server: BenchServer,
  options: BenchOptions,
  say: (line: string) => void,
): Promise<MeasuredRow[]> {
  const { environment } = await direct.start(server);
  const latencies = join(server.directory, 'latencies');
  await mkdir(latencies);
  await createTables(environment);
  const rows = await measureSelects(runners.filter(isLocal), options, latencies, say);
  for (const mebibytes of options.mebibytes) {
    const bulk = await prepareBulk(server, environment, { mebibytes, times: options.smoke ? 1 : timesOf(mebibytes) });
    rows.push(...(await measureTransfers(runners, bulk, roundsOf(mebibytes, options), say)));
  }
  return rows;
}

/** Small queries were only asked of what stands on the client's own machine. */
function isLocal({ name, clientTls }: Pick<Contender, 'name' | 'clientTls'>): boolean {
  return name === direct.name || !clientTls;
}

/** The time of a small transfer varies most. */
function timesOf(mebibytes: number): number {
  return mebibytes >= 1_024 ? 1 : 3;
}

function roundsOf(mebibytes: number, { rounds }: BenchOptions): number {
  return mebibytes >= 1_024 ? Math.min(rounds, 3) : rounds;
}
