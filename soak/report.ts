import type { Growth } from './samples.ts';
import type { SoakResult } from './soak.ts';

const MAX_GROWTH = 0.05;
/** A connection to the provider that is kept open comes and goes. */
const DESCRIPTORS_THAT_MOVE = 2;
/**
 * 5 % of all that is resident would hide a small leak: of each client that came and went this much at most may stay. A session that is not
 * given free at all leaves ten times as much, a certificate five times.
 */
const MAX_KIBIBYTES_A_CLIENT = 0.75;
/** With fewer between the two ends, what comes and goes by itself weighs more than what stays. */
const ENOUGH_CLIENTS = 1_500;
/** Fewer say nothing about a trend. */
const ENOUGH_SAMPLES = 8;

/** What is wrong, in words; nothing when all is well. */
export function complaints({ faults, growth }: SoakResult): string[] {
  const grown = Object.entries(growth).flatMap(([name, each]) => {
    if (each.samples < ENOUGH_SAMPLES) return [];
    return [
      ...(share(each.heapMiB) >= MAX_GROWTH ? [`${name}: the heap grew by ${percent(each.heapMiB)}`] : []),
      ...(share(each.residentMiB) >= MAX_GROWTH
        ? [`${name}: resident memory grew by ${percent(each.residentMiB)}`]
        : []),
      ...kept(name, each),
      ...(each.descriptors[1] - each.descriptors[0] > DESCRIPTORS_THAT_MOVE
        ? [`${name}: ${each.descriptors[1] - each.descriptors[0]} descriptors more than at first`]
        : []),
    ];
  });
  return [...faults, ...grown];
}

function kept(name: string, each: Growth): string[] {
  if (between(each.clients) < ENOUGH_CLIENTS) return [];
  return (['heapMiB', 'nativeMiB'] as const)
    .filter((field) => kibibytesAClient(each, field) >= MAX_KIBIBYTES_A_CLIENT)
    .map((field) => {
      const where = field === 'heapMiB' ? 'in the heap' : 'outside of the heap';
      return `${name}: ${kibibytesAClient(each, field).toFixed(2)} KiB of each client stay ${where}`;
    });
}

export function formatResult(result: SoakResult): string {
  const { minutes, clients, tokens, done, told, disturbances, growth } = result;
  const wrong = complaints(result);
  return `${[
    `${clients} clients in ${minutes} minutes; ${tokens} requests for tokens`,
    '',
    ...counts('done', done),
    ...counts('happened', disturbances),
    ...counts('told', told),
    '',
    ...Object.entries(growth).flatMap(([name, each]) => growthLines(name, each)),
    '',
    wrong.length === 0 ? 'Nothing was wrong.' : `${wrong.length} faults:`,
    ...wrong.slice(0, 20).map((each) => `  ${each}`),
  ].join('\n')}\n`;
}

function counts(title: string, of: Readonly<Record<string, number>>): string[] {
  return Object.entries(of).map(([name, n]) => `${title.padEnd(9)} ${String(n).padStart(7)}  ${name}`);
}

function growthLines(name: string, each: Growth): string[] {
  const { heapMiB, residentMiB, nativeMiB, descriptors, clients, samples } = each;
  const line = (what: string, [first, last]: readonly [number, number], digits: number) =>
    `${name.padEnd(8)} ${what.padEnd(15)} ${first.toFixed(digits)} -> ${last.toFixed(digits)}`;
  return [
    `${line('heap after GC', heapMiB, 2)} MiB (${percent(heapMiB)}; ${samples} samples)`,
    `${line('resident', residentMiB, 1)} MiB (${percent(residentMiB)})`,
    `${line('not V8, no file', nativeMiB, 1)} MiB`,
    `${line('clients', clients, 0)}: of each stay ${perClient(each, 'heapMiB')} KiB in the heap, ${perClient(each, 'nativeMiB')} outside`,
    line('descriptors', descriptors, 0),
  ];
}

const kibibytesAClient = (each: Growth, field: 'heapMiB' | 'nativeMiB') =>
  (between(each[field]) * 1_024) / between(each.clients);
const perClient = (each: Growth, field: 'heapMiB' | 'nativeMiB') =>
  between(each.clients) < ENOUGH_CLIENTS ? '?' : kibibytesAClient(each, field).toFixed(2);
const between = ([first, last]: readonly [number, number]) => last - first;
const share = ([first, last]: readonly [number, number]) => last / first - 1;
const percent = (ends: readonly [number, number]) =>
  `${share(ends) >= 0 ? '+' : ''}${(share(ends) * 100).toFixed(1)} %`;
