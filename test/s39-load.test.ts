import { expect, it } from 'vitest';
import { crowd } from '../soak/crowd.ts';
import { quiet, sample } from '../soak/samples.ts';
import { startWorld } from '../soak/world.ts';

const AT_A_TIME = 80;
/** After these all code has run often enough for V8 to know it. */
const WARM_UP = 1_400;
const REST = 600;

it('S39 2,000 clients of two people, 80 at a time, through sidecar and gateway: every result is right, nobody sees rows of another, nothing is left over', async () => {
  await using world = await startWorld({ accessTokenTtlSeconds: 300 });
  const first = await crowd(world, WARM_UP, AT_A_TIME);
  expect(first.faults).toEqual([]);
  expect(await quiet(world)).toBe(undefined);
  const warm = await sample(world, WARM_UP);
  const second = await crowd(world, REST, AT_A_TIME);
  expect(second.faults).toEqual([]);
  expect([first.clients, second.clients]).toEqual([WARM_UP, REST]);
  expect(Object.keys(second.done).sort()).toEqual(['cancel', 'copy', 'hang up', 'listen', 'queries', 'terminated']);
  expect(await quiet(world)).toBe(undefined);
  const last = await sample(world, WARM_UP + REST);
  for (const name of ['sidecar', 'gateway'] as const) {
    expect(last[name].heapMiB / warm[name].heapMiB, `heap of the ${name}`).toBeLessThan(1.05);
    // An idle connection to the provider may come or go, one a client may not.
    expect(last[name].descriptors, `descriptors of the ${name}`).toBeLessThan(warm[name].descriptors + 10);
  }
}, 400_000);
