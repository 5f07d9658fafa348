const firstMs = 5 * 60_000;
const longestMs = 4 * 3_600_000;

/**
 * Programs connect again and again, and a person who said no, or is not there, must not be asked each time. Each further login that
 * comes to nothing doubles the pause: a pool that works on over the night opens a handful of windows, not hundreds.
 */
export class SignInPause {
  readonly #now: () => number;
  #endsAt = 0;
  #failures = 0;

  /** @param now wall clock, epoch ms */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Milliseconds; 0 when somebody may be asked. */
  get left(): number {
    return Math.max(0, this.#endsAt - this.#now());
  }

  begin(): void {
    this.#endsAt = this.#now() + Math.min(firstMs * 2 ** this.#failures, longestMs);
    this.#failures += 1;
  }

  /** Somebody has signed in. */
  end(): void {
    this.#endsAt = 0;
    this.#failures = 0;
  }
}
