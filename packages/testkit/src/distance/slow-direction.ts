import { setTimeout as pause } from 'node:timers/promises';

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
      const leftMs = dueAt - performance.now();
      if (leftMs > 0) await pause(leftMs, undefined, { ref: false });
      arrive();
    });
  }
}
