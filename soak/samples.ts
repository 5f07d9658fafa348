import { setTimeout as sleep } from 'node:timers/promises';
import { type Measure, measure } from './measure.ts';
import type { World } from './world.ts';

export type Watched = 'sidecar' | 'gateway';

export interface Sample extends Measure {
  readonly pid: number;
  /** That had come and gone when it was taken. */
  readonly clients: number;
}

/** How one process changed from after its warm-up to the end. */
export interface Growth {
  readonly samples: number;
  readonly clients: Ends;
  readonly heapMiB: Ends;
  readonly residentMiB: Ends;
  readonly nativeMiB: Ends;
  readonly descriptors: Ends;
}

type Ends = readonly [first: number, last: number];

const QUIET_TIMEOUT_MS = 15_000;

/** Resolves when nobody is connected any more, and no backend is left but those that wait for a client; with what is left over after a while. */
export async function quiet(world: World): Promise<string | undefined> {
  const giveUpAt = performance.now() + QUIET_TIMEOUT_MS;
  for (;;) {
    const [{ connections, spares }, backends] = [await world.sessions(), await world.backends()];
    if (connections === 0 && backends === spares) return undefined;
    if (performance.now() > giveUpAt)
      return `${connections} connections, and ${backends} backends where ${spares} wait for a client`;
    await sleep(100);
  }
}

export async function sample({ sidecarPid, stack, probes }: World, clients: number): Promise<Record<Watched, Sample>> {
  const pids = { sidecar: sidecarPid, gateway: stack.gateway.program.pid };
  return {
    sidecar: { pid: pids.sidecar, clients, ...(await measure(pids.sidecar, probes)) },
    gateway: { pid: pids.gateway, clients, ...(await measure(pids.gateway, probes)) },
  };
}

/** Of the process that was there at the end: the medians of the first and the last third after a quarter of warm-up. */
export function growthOf(samples: readonly Sample[]): Growth {
  const ofLast = samples.filter(({ pid }) => pid === samples.at(-1)?.pid);
  const warm = ofLast.slice(Math.floor(ofLast.length / 4));
  const third = Math.max(1, Math.floor(warm.length / 3));
  const ends = (field: keyof Sample) =>
    [median(warm.slice(0, third), field), median(warm.slice(-third), field)] as const;
  return {
    samples: ofLast.length,
    clients: ends('clients'),
    heapMiB: ends('heapMiB'),
    residentMiB: ends('residentMiB'),
    nativeMiB: ends('nativeMiB'),
    descriptors: ends('descriptors'),
  };
}

function median(samples: readonly Sample[], field: keyof Sample): number {
  const values = samples.map((each) => each[field]).sort((one, other) => one - other);
  return values[Math.floor(values.length / 2)] ?? Number.NaN;
}
