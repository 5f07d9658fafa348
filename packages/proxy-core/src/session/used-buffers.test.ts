import { constants, PerformanceObserver } from 'node:perf_hooks';
import { expect, it, onTestFinished } from 'vitest';
import { countUsedBuffer } from './used-buffers.ts';

const FORCED = constants.NODE_PERFORMANCE_GC_FLAGS_FORCED;

/** What Node tells of each, and its types do not. */
interface Collection {
  readonly detail: { readonly kind: number; readonly flags: number };
}

/** The kinds of collection that somebody has asked for since. */
function observeForced(): readonly unknown[] {
  const kinds: unknown[] = [];
  const observer = new PerformanceObserver((list) => {
    const collections = list.getEntries() as unknown as readonly Collection[];
    kinds.push(...collections.filter(({ detail }) => detail.flags === FORCED).map(({ detail }) => detail.kind));
  });
  observer.observe({ entryTypes: ['gc'] });
  onTestFinished(() => observer.disconnect());
  return kinds;
}

it('collects the young generation, and no more, once for every 8 MiB of buffers', async () => {
  const kinds = observeForced();
  for (let mebibytes = 0; mebibytes < 32; mebibytes++) countUsedBuffer(2 ** 20);
  await expect.poll(() => kinds).toEqual(Array(4).fill(constants.NODE_PERFORMANCE_GC_MINOR));
});

it('gives the collector to nobody else', () => {
  countUsedBuffer(2 ** 23);
  expect(globalThis.gc).toBeUndefined();
});
