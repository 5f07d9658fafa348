import { type CryptoKey, createLocalJWKSet, errors, type JSONWebKeySet, type JWTHeaderParameters } from 'jose';
import type { IssuerConfig } from '../config/issuers.ts';
import type { Log } from '../log.ts';
import { KeysUnavailable, TokenRejected } from '../token-rejected.ts';
import { discoverJwksUri, type Fetch, type FetchedKeys, fetchKeys } from './fetch-keys.ts';
import type { KeyFile } from './key-file.ts';

export interface IssuerKeysDependencies {
  readonly fetch: Fetch;
  readonly now: () => number;
  readonly log: Log;
  readonly keyFile?: KeyFile | undefined;
  readonly timeoutMs?: number;
}

/** What readiness and `check` show. */
export interface KeysState {
  readonly issuer: string;
  readonly keys: number;
  /** Epoch milliseconds; absent before the first keys. */
  readonly fetchedAt?: number;
  readonly lastError?: string;
}

type FindKey = ReturnType<typeof createLocalJWKSet>;

const COOLDOWN_MS = 30_000;
/** Without any key nobody can log in, and no token makes us ask: asking more often costs the provider nothing. */
const EMPTY_COOLDOWN_MS = 5_000;
const DEFAULT_TTL_MS = 10 * 60_000;
const MIN_TTL_MS = 60_000;
const MAX_TTL_MS = 3_600_000;
/** After a day without a word from the provider its keys may well be revoked ones. */
const STALE_CAP_MS = 24 * 3_600_000;
const FETCH_TIMEOUT_MS = 5_000;

/**
 * The public keys of one issuer. Tokens with a known key never wait for the provider: keys are renewed beside them, and
 * the last good ones serve through an outage. Tokens with an unknown key cause at most one fetch a cooldown, whether
 * the provider answers or not.
 */
export class IssuerKeys {
  readonly #issuer: IssuerConfig;
  readonly #deps: IssuerKeysDependencies;
  #current: { find: FindKey; count: number; fetchedAt: number; refreshAt: number } | undefined;
  #flight: Promise<void> | undefined;
  #attemptedAt = Number.NEGATIVE_INFINITY;
  #jwksUri: string | undefined;
  #lastError: string | undefined;

  constructor(issuer: IssuerConfig, deps: IssuerKeysDependencies) {
    this.#issuer = issuer;
    this.#deps = deps;
  }

  /** Takes what the last run left and asks the provider once. Errors of either are logged, not thrown. */
  async start(): Promise<void> {
    await this.#readKeyFile();
    await this.#refresh();
  }

  /** To be called every few seconds: renews the keys at 80 % of their time. */
  async renewIfDue(): Promise<void> {
    const now = this.#deps.now();
    const cooldownMs = this.#current ? COOLDOWN_MS : EMPTY_COOLDOWN_MS;
    if (now < (this.#current?.refreshAt ?? 0) || now - this.#attemptedAt < cooldownMs) return;
    await this.#refresh();
  }

  /** The key that `header` names. Errors: TokenRejected, KeysUnavailable. */
  async find(header: JWTHeaderParameters): Promise<CryptoKey> {
    const known = this.#usable();
    const key = known && (await lookUp(known.find, header));
    if (key) return key;
    const mayFetch = this.#flight !== undefined || this.#deps.now() - this.#attemptedAt >= COOLDOWN_MS;
    if (mayFetch) await this.#refresh();
    const renewed = this.#usable();
    if (!renewed) throw new KeysUnavailable(this.#issuer.issuer, this.#lastError);
    const newKey = renewed === known ? undefined : await lookUp(renewed.find, header);
    if (newKey) return newKey;
    throw new TokenRejected('token_key', 'The access token is signed with a key that its issuer does not publish.');
  }

  get state(): KeysState {
    const current = this.#usable();
    return {
      issuer: this.#issuer.issuer,
      keys: current?.count ?? 0,
      ...(current && { fetchedAt: current.fetchedAt }),
      ...(this.#lastError !== undefined && { lastError: this.#lastError }),
    };
  }

  #usable() {
    const current = this.#current;
    return current && this.#deps.now() - current.fetchedAt <= STALE_CAP_MS ? current : undefined;
  }

  /** One fetch at a time; whoever comes meanwhile waits for the same one. */
  #refresh(): Promise<void> {
    this.#flight ??= this.#fetch().finally(() => {
      this.#flight = undefined;
    });
    return this.#flight;
  }

  async #fetch(): Promise<void> {
    const { now, log, timeoutMs = FETCH_TIMEOUT_MS } = this.#deps;
    this.#attemptedAt = now();
    try {
      const fetched = await this.#ask(AbortSignal.timeout(timeoutMs));
      this.#adopt(fetched.jwks, now(), fetched.maxAgeMs);
      this.#lastError = undefined;
      await this.#keep(fetched.jwks);
    } catch (error) {
      this.#jwksUri = undefined;
      this.#lastError = reasonOf(error);
      log.warn({ issuer: this.#issuer.issuer, reason: this.#lastError }, 'could not renew the keys of an issuer');
    }
  }

  async #ask(signal: AbortSignal): Promise<FetchedKeys> {
    const { issuer, jwksUri } = this.#issuer;
    this.#jwksUri ??= jwksUri ?? (await discoverJwksUri(issuer, this.#deps.fetch, signal));
    return fetchKeys(this.#jwksUri, this.#deps.fetch, signal);
  }

  /** The provider's word replaces what was there, keys that it no longer publishes included. */
  #adopt(jwks: JSONWebKeySet, fetchedAt: number, maxAgeMs = DEFAULT_TTL_MS): void {
    const ttlMs = Math.min(Math.max(maxAgeMs, MIN_TTL_MS), MAX_TTL_MS);
    const refreshAt = fetchedAt + 0.8 * ttlMs;
    this.#current = { find: createLocalJWKSet(jwks), count: jwks.keys.length, fetchedAt, refreshAt };
  }

  /** A disk that is full costs the next start its keys, not this run. */
  async #keep(jwks: JSONWebKeySet): Promise<void> {
    const { keyFile, now, log } = this.#deps;
    await keyFile?.write({ jwks, fetchedAt: now() }).catch((error: unknown) => {
      log.warn({ issuer: this.#issuer.issuer, reason: reasonOf(error) }, 'could not keep the keys of an issuer');
    });
  }

  async #readKeyFile(): Promise<void> {
    const stored = await this.#deps.keyFile?.read().catch(() => undefined);
    if (stored && stored.fetchedAt <= this.#deps.now()) this.#adopt(stored.jwks, stored.fetchedAt);
  }
}

/** `undefined` when there is no such key. */
async function lookUp(find: FindKey, header: JWTHeaderParameters): Promise<CryptoKey | undefined> {
  try {
    return await find(header);
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) return undefined;
    throw new TokenRejected('token_key', 'The access token does not say clearly which key it is signed with.', {
      cause: error,
    });
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return `${error.message}${cause}`;
}
