import { readdir, readFile, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '../contender.ts';
import { runClient } from '../program.ts';
import { summarize } from '../statistics.ts';

export type QueryMode = 'simple' | 'extended' | 'prepared';

export interface SelectRun {
  readonly mode: QueryMode;
  readonly clients: number;
  /** How long, or how many transactions of each client. */
  readonly length: { readonly seconds: number } | { readonly transactions: number };
  /** Where latencies may be logged; without it none are. */
  readonly latencies?: string;
}

export interface SelectResult {
  readonly tps: number;
  readonly transactions: number;
  /** Microseconds; the median of single transactions. */
  readonly p50: number | undefined;
}

/** Makes pgbench's tables: 100,000 rows, which the server holds in memory. */
export async function createTables(environment: Environment): Promise<void> {
  await runClient('pgbench', ['-i', '-s', '1', '-q'], environment);
}

/** `pgbench -S`: one row by primary key a transaction. */
export async function runSelects(environment: Environment, run: SelectRun): Promise<SelectResult> {
  const { mode, clients, length, latencies } = run;
  const threads = Math.min(clients, availableParallelism());
  const limit = 'seconds' in length ? ['-T', String(length.seconds)] : ['-t', String(length.transactions)];
  // A tenth of them is enough for a median, and writing them all down would be felt.
  const log =
    latencies === undefined ? [] : ['-l', '--sampling-rate=0.1', `--log-prefix=${join(latencies, 'latency')}`];
  const output = await runClient(
    'pgbench',
    ['-n', '-S', '-M', mode, '-c', String(clients), '-j', String(threads), ...limit, ...log],
    environment,
  );
  return {
    tps: figure(output, /^tps = ([\d.]+)/m),
    transactions: figure(output, /actually processed: (\d+)/),
    p50: latencies === undefined ? undefined : await medianLatency(latencies),
  };
}

/** The mean time in ms of one run of the SQL in `file`; pgbench reads all rows and drops them. */
export async function runScript(environment: Environment, file: string, times: number): Promise<number> {
  const output = await runClient('pgbench', ['-n', '-f', file, '-c', '1', '-t', String(times)], environment);
  return figure(output, /latency average = ([\d.]+) ms/);
}

function figure(output: string, pattern: RegExp): number {
  const found = pattern.exec(output)?.[1];
  if (found === undefined) throw new Error(`pgbench printed no ${pattern}:\n${output}`);
  return Number(found);
}

/** Lines of "client transaction latency_us script epoch_s epoch_us". */
async function medianLatency(directory: string): Promise<number | undefined> {
  const latencies: number[] = [];
  for (const name of await readdir(directory)) {
    if (!name.startsWith('latency.')) continue;
    const lines = (await readFile(join(directory, name), 'utf8')).trimEnd().split('\n');
    latencies.push(...lines.map((line) => Number(line.split(' ')[2])));
    await rm(join(directory, name));
  }
  const { median } = summarize(latencies.filter(Number.isFinite));
  return Number.isNaN(median) ? undefined : median;
}
