import type { CredentialError } from './errors.ts';

const firstMs = 500;
const longestMs = 10_000;
/** However long a provider asks to be left alone: its outage may be over, and somebody waits. */
const longestRetryAfterMs = 300_000;

/** Keeps a daemon's connections from hammering a provider that is down: for a while the last answer is repeated. */
export class Backoff {
  readonly #now: () => number;
  readonly #random: () => number;
  #failures = 0;
  #last: { error: CredentialError; from: number; until: number } | undefined;

  constructor(now: () => number, random: () => number) {
    this.#now = now;
    this.#random = random;
  }

  /** The error to repeat, while it is too early to ask again. A clock that was set back since would make "early" endless. */
  get standing(): CredentialError | undefined {
    const now = this.#now();
    return this.#last !== undefined && now >= this.#last.from && now < this.#last.until ? this.#last.error : undefined;
  }

  /** With jitter, so that those who failed together do not come back together. */
  failed(error: CredentialError): void {
    const waitMs = Math.min(firstMs * 2 ** this.#failures, longestMs) * (0.5 + this.#random() / 2);
    const askedForMs = Math.min(error.retryAfterMs ?? 0, longestRetryAfterMs) * (1 + this.#random() / 10);
    this.#failures++;
    const from = this.#now();
    this.#last = { error, from, until: from + Math.max(waitMs, askedForMs) };
  }

  succeeded(): void {
    this.#failures = 0;
    this.#last = undefined;
  }
}
