import type { Contender, Endpoint } from '../contender.ts';
import { runClient } from '../program.ts';
import type { ContenderReport } from '../report.ts';
import type { BenchServer } from '../server.ts';
import { residentMiB } from './relay-usage.ts';

/** A contender that runs. */
export interface Runner {
  readonly name: string;
  readonly clientTls: boolean;
  readonly endpoint: Endpoint;
  /** Resident memory once it has served its first connection. */
  readonly idleMiB: number;
}

export interface Field extends AsyncDisposable {
  readonly runners: readonly Runner[];
  readonly reports: readonly ContenderReport[];
}

/** Starts all of them; the first must run, the others may be missing here. */
export async function startField(
  contenders: readonly Contender[],
  server: BenchServer,
  say: (line: string) => void,
): Promise<Field> {
  const runners: Runner[] = [];
  const reports: ContenderReport[] = [];
  for (const contender of contenders) {
    const { name, does } = contender;
    try {
      const { runner, tls } = await start(contender, server);
      runners.push(runner);
      reports.push({ name, does, tls });
    } catch (error) {
      if (runners.length === 0) throw error;
      const leftOut = `left out: ${(error as Error).message.split('\n')[0]}`;
      say(`${name} ${leftOut}`);
      reports.push({ name, does, leftOut });
    }
  }
  const stop = async () => void (await Promise.all(runners.map(({ endpoint }) => endpoint.stop())));
  return { runners, reports, [Symbol.asyncDispose]: stop };
}

async function start(contender: Contender, server: BenchServer): Promise<{ runner: Runner; tls: string }> {
  const endpoint = await contender.start(server);
  const sql = "SELECT version || ' ' || cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
  const tls = (await runClient('psql', ['-XAtc', sql], endpoint.environment)).trim();
  const { name, clientTls = false } = contender;
  return { runner: { name, clientTls, endpoint, idleMiB: residentMiB(endpoint) }, tls };
}
