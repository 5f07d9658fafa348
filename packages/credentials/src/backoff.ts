import type { CredentialError } from './errors.ts';

const firstMs = 500;
const longestMs = 10_000;

/** Keeps a daemon's connections from hammering a provider that is down: for a while the last answer is repeated. */
export class Backoff {
  readonly #now: () => number;
  readonly #random: () => number;
  #failures = 0;
  #last: { error: CredentialError; until: number } | undefined;

  constructor(now: () => number, random: () => number) {
    this.#now = now;
    this.#random = random;
  }

  /** The error to repeat, while it is too early to ask again. */
  get standing(): CredentialError | undefined {
    return this.#last !== undefined && this.#now() < this.#last.until ? this.#last.error : undefined;
  }

  failed(error: CredentialError): void {
    const waitMs = Math.min(firstMs * 2 ** this.#failures, longestMs);
    this.#failures++;
    this.#last = { error, until: this.#now() + waitMs * (0.5 + this.#random() / 2) };
  }

  succeeded(): void {
    this.#failures = 0;
    this.#last = undefined;
  }
}
