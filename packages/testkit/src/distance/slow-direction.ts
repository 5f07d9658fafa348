import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';

/** One direction of a slow line: what is delivered arrives later, in its order. */
export class SlowDirection {
  readonly #delayMs: number;
  readonly #openedAt: number;
  #last: Promise<void> = Promise.resolve();

  /** @param openedAt as performance.now(); what is delivered before counts as delivered then */
  constructor(delayMs: number, openedAt = 0) {
    this.#delayMs = delayMs;
    this.#openedAt = openedAt;
  }

  deliver(arrive: () => void): void {
    const dueAt = Math.max(performance.now(), this.#openedAt) + this.#delayMs;
    this.#last = this.#last.then(async () => {
      await until(dueAt);
      arrive();
    });
  }
}

/** To a fraction of a millisecond: a timer counts whole ones, and may be one early or late. */
async function until(dueAt: number): Promise<void> {
  const inTimeMs = Math.floor(dueAt - performance.now()) - 1;
  if (inTimeMs > 0) await pause(inTimeMs, undefined, { ref: false });
  while (performance.now() < dueAt) await nextTurn();
}
