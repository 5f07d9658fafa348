import { setTimeout as sleep } from 'node:timers/promises';
import { type Disturbance, disturbancesFor, Seismograph } from './disturbances.ts';
import { type JobName, jobAt, jobsOf } from './jobs/jobs.ts';
import { lookOn } from './onlookers.ts';
import type { SoakOptions } from './options.ts';
import { type Growth, growthOf, quiet, type Sample, sample, type Watched } from './samples.ts';
import { Tally } from './tally.ts';
import { type Person, startWorld, type World } from './world.ts';

/** A day has 288 tokens of five minutes. */
const TOKENS_A_DAY = 288;
const SLOTS_A_MINUTE = 2;
/** Of each slot. */
const SHOWN_FAULTS = 5;
/** As programs do that are refused. */
const BACKOFF_MS = 250;

export interface SoakResult {
  readonly minutes: number;
  readonly clients: number;
  readonly done: Readonly<Record<string, number>>;
  readonly told: Readonly<Record<string, number>>;
  readonly disturbances: Readonly<Record<string, number>>;
  readonly tokens: number;
  readonly faults: readonly string[];
  readonly growth: Readonly<Record<Watched, Growth>>;
  readonly samples: Readonly<Record<Watched, readonly Sample[]>>;
}

/** A day of work in `minutes`: in each slot clients work while one thing happens to them; then all is quiet, and is measured. */
export async function soak({ minutes, clients }: SoakOptions, say: (line: string) => void): Promise<SoakResult> {
  // A token is renewed before half of its life is left.
  const accessTokenTtlSeconds = Math.max(4, Math.round((minutes * 60 * 2) / TOKENS_A_DAY));
  await using world = await startWorld({ accessTokenTtlSeconds });
  const slots = disturbancesFor(Math.max(5, Math.round(minutes * SLOTS_A_MINUTE)), accessTokenTtlSeconds * 1_000);
  const tally = new Tally();
  const seismograph = new Seismograph();
  const samples: Record<Watched, Sample[]> = { sidecar: [], gateway: [] };
  const disturbances: Record<string, number> = {};
  let reported = 0;
  for (const [index, disturbance] of slots.entries()) {
    const endsAt = performance.now() + (minutes * 60_000) / slots.length;
    await runSlot(world, { disturbance, clients, endsAt, tally, seismograph });
    disturbances[disturbance.name] = (disturbances[disturbance.name] ?? 0) + 1;
    const left = await quiet(world);
    if (left !== undefined) tally.fault(`after "${disturbance.name}": ${left}`);
    const found = await sample(world, tally.clients);
    samples.sidecar.push(found.sidecar);
    samples.gateway.push(found.gateway);
    for (const fault of tally.faults.slice(reported, reported + SHOWN_FAULTS)) say(`  ${fault}`);
    reported = tally.faults.length;
    say(progress(`${index + 1}/${slots.length} ${disturbance.name}`, tally, found));
  }
  return {
    ...{ minutes, clients: tally.clients, done: tally.done, told: tally.told, disturbances, faults: tally.faults },
    tokens: world.stack.provider.requests('token'),
    growth: { sidecar: growthOf(samples.sidecar), gateway: growthOf(samples.gateway) },
    samples,
  };
}

interface Slot {
  readonly disturbance: Disturbance;
  /** At a time. */
  readonly clients: number;
  readonly endsAt: number;
  readonly tally: Tally;
  readonly seismograph: Seismograph;
}

async function runSlot(world: World, slot: Slot): Promise<void> {
  const { disturbance, clients, endsAt, tally, seismograph } = slot;
  let jobs = 0;
  const isOver = () => performance.now() >= endsAt;
  const all = jobsOf(world, isOver);
  const run = (name: JobName, person: Person) => {
    const startedAt = performance.now();
    return tally.count(name, all[name](person), () => seismograph.noticedBy(startedAt));
  };
  const work = async (person: Person) => {
    while (!isOver()) {
      const went = await run(jobAt(jobs++), person);
      if (!went) await sleep(BACKOFF_MS);
    }
  };
  const personAt = (n: number) => world.people[n % world.people.length] as Person;
  const running: Promise<unknown>[] = Array.from({ length: clients }, (_, n) => work(personAt(n)));
  for (const person of world.people) running.push(run('idle', person));
  running.push(lookOn(world, { isOver, fault: (what) => tally.fault(what) }));
  await sleep((endsAt - performance.now()) / 4);
  await seismograph.record(disturbance, world, isOver);
  await Promise.all(running);
}

function progress(
  slot: string,
  { clients, faults, told }: Tally,
  { sidecar, gateway }: Record<Watched, Sample>,
): string {
  const toldCount = Object.values(told).reduce((sum, n) => sum + n, 0);
  const of = ({ heapMiB, residentMiB, descriptors }: Sample) =>
    `${heapMiB.toFixed(1)} MiB after GC, ${residentMiB.toFixed(0)} MiB resident, ${descriptors} descriptors`;
  return `${slot}: ${clients} clients, ${toldCount} told of it, ${faults.length} faults; sidecar ${of(sidecar)}; gateway ${of(gateway)}`;
}
