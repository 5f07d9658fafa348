import { interleave, type Rounds, valuesOf } from '../interleave.ts';
import type { BenchOptions } from '../options.ts';
import type { Bar, MeasuredRow } from '../report.ts';
import type { Runner } from './field.ts';
import { type QueryMode, runSelects, type SelectRun } from './pgbench.ts';
import { cpuOf } from './relay-usage.ts';

const MODES: readonly QueryMode[] = ['simple', 'extended', 'prepared'];
const CLIENTS = [1, 8, 64];
const SMOKE_TRANSACTIONS = 100;
/** pgbench opens its connections within the time it is given, a thread's one after the other. */
const SECONDS_A_LOGIN = 1 / 32;

const THROUGHPUT_BARS: readonly Bar[] = [
  { ours: 'sidecar', than: 'PgBouncer', atLeastTimes: 1.1 },
  { ours: 'sidecar', than: 'stunnel', atLeastTimes: 0.9 },
  { ours: 'sidecar', than: 'bare Node', atLeastTimes: 0.9 },
];
const LATENCY_BARS: readonly Bar[] = [{ ours: 'sidecar', than: 'direct TLS', atMostMore: 30 }];

/** P1: small queries. `latencies` is an empty directory. */
export async function measureSelects(
  runners: readonly Runner[],
  { rounds, seconds, smoke }: BenchOptions,
  latencies: string,
  say: (line: string) => void,
): Promise<MeasuredRow[]> {
  if (!smoke) await warmUp(runners, say);
  const rows: MeasuredRow[] = [];
  for (const mode of MODES) {
    for (const clients of CLIENTS) {
      say(`SELECT, ${mode}, clients: ${clients}`);
      const length = smoke ? { transactions: SMOKE_TRANSACTIONS } : { seconds: runSeconds(seconds, clients) };
      const run = { mode, clients, length, ...(clients === 1 && { latencies }) };
      rows.push(...toRows(run, await interleave(runners, rounds, (runner) => measure(runner, run), say)));
    }
  }
  return rows;
}

const runSeconds = (seconds: number, clients: number) => Math.ceil(seconds + clients * SECONDS_A_LOGIN - 0.5);

export function estimateSelects({ rounds, seconds }: BenchOptions, runners: number): number {
  const runs = CLIENTS.map((clients) => 0.3 + runSeconds(seconds, clients));
  return runners * (2 + rounds * MODES.length * runs.reduce((sum, run) => sum + run));
}

/** Programs that compile while they run do it before anybody looks. */
async function warmUp(runners: readonly Runner[], say: (line: string) => void): Promise<void> {
  say('Warming up');
  for (const { endpoint } of runners) {
    await runSelects(endpoint.environment, { mode: 'prepared', clients: 8, length: { seconds: 2 } });
  }
}

async function measure({ endpoint }: Runner, run: SelectRun) {
  const [{ tps, transactions, p50 }, cpuMs] = await cpuOf(endpoint, () => runSelects(endpoint.environment, run));
  return { tps, cpu: (cpuMs * 1_000) / transactions, ...(p50 !== undefined && { p50 }) };
}

function toRows({ mode, clients }: SelectRun, rounds: Rounds): MeasuredRow[] {
  const title = `SELECT ${mode}, ${clients}`;
  const p50 = valuesOf(rounds, 'p50');
  const tps = valuesOf(rounds, 'tps');
  const { 'direct TLS': _none, ...cpu } = valuesOf(rounds, 'cpu');
  return [
    { title, unit: 'tps', show: 'ratio', values: tps, bars: THROUGHPUT_BARS },
    ...(clients === 1 ? [{ title, unit: 'us p50', show: 'added', values: p50, bars: LATENCY_BARS } as const] : []),
    ...(clients === 8 ? [{ title, unit: 'us of CPU', show: 'absolute', values: cpu, bars: [] } as const] : []),
  ];
}
