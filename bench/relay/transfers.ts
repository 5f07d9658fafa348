import { interleave, type Rounds, valuesOf } from '../interleave.ts';
import type { Bar, MeasuredRow } from '../report.ts';
import type { Bulk } from './bulk.ts';
import type { Runner } from './field.ts';
import { cpuOf, peakOver } from './relay-usage.ts';

const RATE_BARS: readonly Bar[] = [
  { ours: 'sidecar', than: 'PgBouncer', atLeastTimes: 1.1 },
  { ours: 'sidecar', than: 'direct TLS', atLeastTimes: 0.8 },
  { ours: 'gateway', than: 'PgBouncer TLS', atLeastTimes: 1.1 },
  { ours: 'gateway', than: 'direct TLS', atLeastTimes: 0.8 },
];
const MEMORY_BARS: readonly Bar[] = [
  { ours: 'sidecar', than: 'sidecar', atMost: 64 },
  { ours: 'gateway', than: 'gateway', atMost: 64 },
];

/** P2: bulk transfers of one size, and the memory that they cost. */
export async function measureTransfers(
  runners: readonly Runner[],
  bulk: Bulk,
  rounds: number,
  say: (line: string) => void,
): Promise<MeasuredRow[]> {
  const kinds: readonly (readonly [string, Bulk['copyOut']])[] = [
    ['COPY OUT', bulk.copyOut],
    ['COPY IN', bulk.copyIn],
    ['wide SELECT', bulk.selectWide],
  ];
  const rows: MeasuredRow[] = [];
  for (const [kind, transfer] of kinds) {
    const title = `${kind} ${bulk.mebibytes} MiB`;
    say(title);
    rows.push(...rateRows(title, await interleave(runners, rounds, (runner) => measure(runner, transfer), say)));
  }
  say('A reader that stalls');
  const stall = async ({ endpoint, idleMiB }: Runner) => ({
    memory: await peakOver(idleMiB, endpoint, () => bulk.stall(endpoint)),
  });
  const stalled = await interleave(relays(runners), rounds, stall, say);
  return [...rows, memoryRow(`stalled reader ${bulk.mebibytes} MiB`, stalled)];
}

const relays = (runners: readonly Runner[]) => runners.filter(({ endpoint }) => endpoint.pids.length > 0);

async function measure({ endpoint, idleMiB }: Runner, transfer: Bulk['copyOut']) {
  let rate = Number.NaN;
  let cpu = Number.NaN;
  const memory = await peakOver(idleMiB, endpoint, async () => {
    [rate, cpu] = await cpuOf(endpoint, () => transfer(endpoint));
  });
  return endpoint.pids.length > 0 ? { rate, cpu, memory } : { rate };
}

function rateRows(title: string, rounds: Rounds): MeasuredRow[] {
  return [
    { title, unit: 'MB/s', show: 'ratio', values: valuesOf(rounds, 'rate'), bars: RATE_BARS },
    memoryRow(title, rounds),
  ];
}

function memoryRow(title: string, rounds: Rounds): MeasuredRow {
  const values = valuesOf(rounds, 'memory');
  return { title, unit: 'MiB over idle', show: 'absolute', values, bars: MEMORY_BARS };
}
