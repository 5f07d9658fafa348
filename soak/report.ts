import type { Growth } from './samples.ts';
import type { SoakResult } from './soak.ts';

const MAX_GROWTH = 0.05;
/** A connection to the provider that is kept open comes and goes. */
const DESCRIPTORS_THAT_MOVE = 2;
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
      ...(each.descriptors[1] - each.descriptors[0] > DESCRIPTORS_THAT_MOVE
        ? [`${name}: ${each.descriptors[1] - each.descriptors[0]} descriptors more than at first`]
        : []),
    ];
  });
  return [...faults, ...grown];
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

function growthLines(name: string, { heapMiB, residentMiB, descriptors, samples }: Growth): string[] {
  const line = (what: string, [first, last]: readonly [number, number], digits: number) =>
    `${name.padEnd(8)} ${what.padEnd(14)} ${first.toFixed(digits)} -> ${last.toFixed(digits)}`;
  return [
    `${line('heap after GC', heapMiB, 2)} MiB (${percent(heapMiB)}; ${samples} samples)`,
    `${line('resident', residentMiB, 1)} MiB (${percent(residentMiB)})`,
    line('descriptors', descriptors, 0),
  ];
}

const share = ([first, last]: readonly [number, number]) => last / first - 1;
const percent = (ends: readonly [number, number]) =>
  `${share(ends) >= 0 ? '+' : ''}${(share(ends) * 100).toFixed(1)} %`;
