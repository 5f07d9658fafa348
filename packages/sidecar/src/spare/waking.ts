/** A gap in the ticks that no busy event loop makes. */
const GAP_MS = 15_000;

/**
 * Tells whether the machine has slept, or its clock was set: connections may have died meanwhile without a word. A tick is
 * due every few seconds; timers stand still while the machine sleeps, and the wall clock does not.
 */
export class Waking {
  #lastTickAt: number;

  /** @param now wall clock, epoch ms, as in all of the others */
  constructor(now: number) {
    this.#lastTickAt = now;
  }

  tick(now: number): void {
    this.#lastTickAt = now;
  }

  hasSlept(now: number): boolean {
    return now < this.#lastTickAt - GAP_MS || now > this.#lastTickAt + GAP_MS;
  }
}
