import { expect, it } from 'vitest';
import { parseOptions } from '../soak/options.ts';
import { complaints, formatResult } from '../soak/report.ts';
import type { Growth } from '../soak/samples.ts';
import { type SoakResult, soak } from '../soak/soak.ts';

it('a soak of seconds: whatever happens to the servers, clients get right answers or are told why not', async () => {
  const lines: string[] = [];
  const result = await soak({ minutes: 0.25, clients: 4, json: false }, (line) => lines.push(line));
  expect(complaints(result)).toEqual([]);
  expect(Object.keys(result.disturbances)).toHaveLength(5);
  expect(lines).toHaveLength(5);
  expect(formatResult(result)).toContain('Nothing was wrong.');
}, 180_000);

it('a soak finds what grows, and what was wrong', () => {
  const steady: Growth = { samples: 20, heapMiB: [20, 20.9], residentMiB: [100, 104], descriptors: [30, 30] };
  const growing: Growth = { samples: 20, heapMiB: [20, 21], residentMiB: [100, 106], descriptors: [30, 33] };
  const nothing = { minutes: 10, clients: 0, done: {}, told: {}, disturbances: {}, tokens: 0 };
  const result: SoakResult = {
    ...nothing,
    faults: ['copy: no SQLSTATE'],
    growth: { sidecar: growing, gateway: steady },
    samples: { sidecar: [], gateway: [] },
  };
  expect(complaints(result)).toEqual([
    'copy: no SQLSTATE',
    'sidecar: the heap grew by +5.0 %',
    'sidecar: resident memory grew by +6.0 %',
    'sidecar: 3 descriptors more than at first',
  ]);
  expect(formatResult(result)).toContain('4 faults:');
});

it('a soak takes fractions of a minute, and no nonsense', () => {
  expect(parseOptions(['--minutes', '0.5', '--json'])).toEqual({ minutes: 0.5, clients: 8, json: true });
  expect(() => parseOptions(['--minutes', '0'])).toThrow(/--minutes must be a number/);
  expect(() => parseOptions(['--hours', '1'])).toThrow(/hours/);
});
