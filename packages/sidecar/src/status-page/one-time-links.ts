import { createHash, randomBytes } from 'node:crypto';

const LIFETIME_MS = 120_000;
/** More than anybody opens at a time. */
const MAX_LINKS = 16;

/** Tickets that are good for one visit within two minutes. Only digests of them are kept. */
export class OneTimeLinks {
  readonly #now: () => number;
  readonly #expiries = new Map<string, number>();

  constructor(now: () => number) {
    this.#now = now;
  }

  issue(): string {
    const ticket = secret();
    const [oldest] = this.#expiries.keys();
    if (oldest !== undefined && this.#expiries.size >= MAX_LINKS) this.#expiries.delete(oldest);
    this.#expiries.set(digest(ticket), this.#now() + LIFETIME_MS);
    return ticket;
  }

  /** Whether it was good; it is no more. */
  redeem(ticket: string): boolean {
    const key = digest(ticket);
    const expiresAt = this.#expiries.get(key);
    this.#expiries.delete(key);
    return expiresAt !== undefined && this.#now() < expiresAt;
  }
}

/** 256 bits, as base64url. */
export function secret(): string {
  return randomBytes(32).toString('base64url');
}

/** What is looked up by it tells nothing by the time that the comparison takes. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
