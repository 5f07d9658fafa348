import { expect, it } from 'vitest';
import { parseOptions } from '../soak/options.ts';
import { complaints, formatResult } from '../soak/report.ts';
import { type Growth, growthOf, type Sample } from '../soak/samples.ts';
import { type SoakResult, soak } from '../soak/soak.ts';

it('a soak of seconds: whatever happens to the servers, clients get right answers or are told why not', async () => {
  const lines: string[] = [];
  const result = await soak({ minutes: 0.25, clients: 4, json: false }, (line) => lines.push(line));
  expect(complaints(result)).toEqual([]);
  expect(Object.keys(result.disturbances)).toHaveLength(5);
  expect(lines).toHaveLength(5);
  expect(formatResult(result)).toContain('Nothing was wrong.');
}, 180_000);

const steady: Growth = {
  samples: 20,
  clients: [2_000, 5_000],
  heapMiB: [20, 20.9],
  residentMiB: [100, 104],
  nativeMiB: [20, 21],
  descriptors: [30, 30],
};
const resultOf = (sidecar: Growth, faults: readonly string[] = []): SoakResult => ({
  ...{ minutes: 10, clients: 0, done: {}, told: {}, disturbances: {}, tokens: 0, faults },
  growth: { sidecar, gateway: steady },
  samples: { sidecar: [], gateway: [] },
});

it('a soak finds what grows, and what was wrong', () => {
  const growing: Growth = { ...steady, heapMiB: [20, 21], residentMiB: [100, 106], descriptors: [30, 33] };
  const result = resultOf(growing, ['copy: no SQLSTATE']);
  expect(complaints(result)).toEqual([
    'copy: no SQLSTATE',
    'sidecar: the heap grew by +5.0 %',
    'sidecar: resident memory grew by +6.0 %',
    'sidecar: 3 descriptors more than at first',
  ]);
  expect(formatResult(result)).toContain('4 faults:');
});

/** Ten minutes of a process that has 20 MiB outside of the heap, as much as `stays` says of so many clients, and waves of 0.6 MiB. */
function tenMinutes(field: 'heapMiB' | 'nativeMiB', stays: (clients: number) => number): Sample[] {
  return Array.from({ length: 20 }, (_, slot) => {
    const clients = (slot + 1) * 400;
    const found = { pid: 1, clients, heapMiB: 18, residentMiB: 140, nativeMiB: 20, descriptors: 23 };
    return { ...found, [field]: found[field] + stays(clients) + 0.3 * Math.sin(slot * 2) };
  });
}

it.each(['heapMiB', 'nativeMiB'] as const)('a soak finds 1 KiB that each client leaves behind: %s', (field) => {
  const found = complaints(resultOf(growthOf(tenMinutes(field, (clients) => clients / 1_024))));
  expect(found).toContainEqual(
    expect.stringMatching(/^sidecar: (0\.9|1\.)\d KiB of each client stay (in|outside of) the heap$/),
  );
});

it.each(['heapMiB', 'nativeMiB'] as const)('a soak takes no plateau for a leak: %s', (field) => {
  // 8 MiB in the first quarter, after which it is warm.
  expect(complaints(resultOf(growthOf(tenMinutes(field, (clients) => Math.min(8, clients / 250)))))).toEqual([]);
});

it('a soak takes fractions of a minute, and no nonsense', () => {
  expect(parseOptions(['--minutes', '0.5', '--json'])).toEqual({ minutes: 0.5, clients: 8, json: true });
  expect(() => parseOptions(['--minutes', '0'])).toThrow(/--minutes must be a number/);
  expect(() => parseOptions(['--hours', '1'])).toThrow(/hours/);
});
