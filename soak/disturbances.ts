import { setTimeout as sleep } from 'node:timers/promises';
import { guestComes, visitorComes } from './guests.ts';
import { type World, writeConfiguration } from './world.ts';

export interface Disturbance {
  readonly name: string;
  /** Clients may be refused or cut off by it, as long as they are told. */
  readonly mayFail: boolean;
  /** How long after it clients may still be told of it. */
  readonly aftershockMs?: number;
  /** `isOver`: for one that goes on for as long as clients do. */
  run(world: World, isOver: () => boolean): Promise<void>;
}

const AFTERSHOCK_MS = 3_000;

/** Guests' profiles come and go, one reload after the other, and each time somebody uses them. */
const reload: Disturbance = {
  name: 'reload',
  mayFail: false,
  async run(world, isOver) {
    for (let round = 0; round === 0 || !isOver(); round++) {
      await reloadWith(world, { drainTimeoutSeconds: 11 + (round % 5), guests: true });
      await guestComes(await world.portOf('guest'));
      await visitorComes(await world.portOf('visitor'));
      await reloadWith(world, { drainTimeoutSeconds: 10 });
    }
  },
};

async function reloadWith(
  { shell, stack, healthPort }: World,
  settings: { drainTimeoutSeconds: number; guests?: boolean },
): Promise<void> {
  await writeConfiguration(shell, stack, { healthPort, ...settings });
  const { exitCode, stderr } = await shell.run('gprxy reload');
  if (exitCode !== 0) throw new Error(stderr);
}

const sleepAndWake: Disturbance = {
  name: 'the machine sleeps',
  mayFail: false,
  async run({ sidecarPid }) {
    process.kill(sidecarPid, 'SIGSTOP');
    await sleep(1_500);
    process.kill(sidecarPid, 'SIGCONT');
  },
};

/** Longer than a token lives. */
const providerRestart = (downMs: number): Disturbance => ({
  name: 'provider down',
  mayFail: true,
  // A provider that was down is asked again after ten seconds at the latest.
  aftershockMs: 11_000,
  async run({ stack: { provider } }) {
    // One that rotates and loses the answer ends the login: then only a person can go on.
    await provider.pause('finish');
    await sleep(downMs);
    await provider.resume();
  },
});

const postgresRestart: Disturbance = {
  name: 'PostgreSQL restarts',
  mayFail: true,
  run: ({ stack: { postgres } }) => postgres.restart(),
};

const gatewayKilled: Disturbance = {
  name: 'gateway killed',
  mayFail: true,
  async run({ stack }) {
    await stack.gateway.program.stop('SIGKILL');
    await stack.restartGateway();
  },
};

/**
 * One for each slot. The gateway is killed in the first quarter only: from then on it is measured like the sidecar, which lives from
 * the beginning to the end.
 */
export function disturbancesFor(slots: number, tokenLifeMs: number): readonly Disturbance[] {
  const others = [reload, sleepAndWake, providerRestart(tokenLifeMs * 1.2), postgresRestart];
  const all = [...others, gatewayKilled];
  return Array.from({ length: slots }, (_, slot) => {
    const some = slots <= all.length || slot < slots / 4 ? all : others;
    return some[slot % some.length] as Disturbance;
  });
}

/** What happened when, to tell who may have noticed. */
export class Seismograph {
  readonly #shocks: Array<{ readonly name: string; until: number }> = [];

  async record(disturbance: Disturbance, world: World, isOver: () => boolean): Promise<void> {
    const shock = { name: disturbance.name, until: Number.POSITIVE_INFINITY };
    if (disturbance.mayFail) this.#shocks.push(shock);
    await disturbance.run(world, isOver);
    shock.until = performance.now() + (disturbance.aftershockMs ?? AFTERSHOCK_MS);
  }

  /** What a client that came at `startedAt` and has failed now may have noticed. */
  noticedBy(startedAt: number): string | undefined {
    return this.#shocks.findLast(({ until }) => startedAt < until)?.name;
  }
}
