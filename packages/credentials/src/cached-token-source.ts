import { throwIfAborted } from './abort.ts';
import { Backoff } from './backoff.ts';
import { CredentialError } from './errors.ts';
import { SingleFlight } from './single-flight.ts';
import type { AccessToken, TokenOptions, TokenSource } from './token-source.ts';

export interface CachedTokenSourceOptions {
  /** Gets a new token, whatever is known. */
  request: (signal: AbortSignal) => Promise<AccessToken>;
  /** Wall clock, epoch ms. */
  now: () => number;
  random: () => number;
}

const wantedTtlMs = 60_000;
/** While there is nothing better, this is enough to open a connection with, unless the caller asked for more. */
const leastTtlMs = 10_000;

/** Keeps the last token in memory: renewed 60 s before it ends, once for all who ask meanwhile. */
export function cachedTokenSource({ request, now, random }: CachedTokenSourceOptions): TokenSource {
  const backoff = new Backoff(now, random);
  let known: AccessToken | undefined;
  const lives = (ttlMs: number) => known !== undefined && known.expiresAt - ttlMs > now();
  const renewal = new SingleFlight<'renewal', AccessToken>(async (_key, signal) => {
    if (backoff.standing !== undefined) throw backoff.standing;
    try {
      known = await request(signal);
      backoff.succeeded();
      return known;
    } catch (error) {
      if (isUnreachable(error)) backoff.failed(error);
      throw error;
    }
  });
  return {
    async getToken(signal: AbortSignal, { minTtlMs }: TokenOptions = {}) {
      throwIfAborted(signal);
      if (known !== undefined && lives(minTtlMs ?? wantedTtlMs)) return known;
      try {
        return await renewal.join('renewal', signal);
      } catch (error) {
        if (known !== undefined && minTtlMs === undefined && isPassing(error) && lives(leastTtlMs)) return known;
        throw error;
      }
    },
  };
}

/** What is known stays good: a command that fails now may work a minute later. */
function isPassing(error: unknown): boolean {
  return isUnreachable(error) || (error instanceof CredentialError && error.code === 'ERR_SOURCE_FAILED');
}

function isUnreachable(error: unknown): error is CredentialError {
  return error instanceof CredentialError && error.code === 'ERR_PROVIDER_UNREACHABLE';
}
