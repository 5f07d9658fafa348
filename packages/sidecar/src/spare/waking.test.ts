import { expect, it } from 'vitest';
import { Waking } from './waking.ts';

it.each([
  ['ticks as it should', 5_000, false],
  ['is late, as on a busy machine', 12_000, false],
  ['has slept', 60_000, true],
  ['has had its clock set back', -60_000, true],
])('a machine that %s', (_, elapsedMs, hasSlept) => {
  const waking = new Waking(1_000_000);
  expect(waking.hasSlept(1_000_000 + elapsedMs)).toBe(hasSlept);
  waking.tick(1_000_000 + elapsedMs);
  expect(waking.hasSlept(1_000_000 + elapsedMs + 5_000)).toBe(false);
});
