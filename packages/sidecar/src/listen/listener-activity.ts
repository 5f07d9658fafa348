import { type AccessToken, neverExpires } from '@gprxy/credentials';
import { GprxyError, UpstreamError } from '@gprxy/proxy-core';
import type { LocalAuth } from '../config/profile.ts';
import type { LastError, ListenerStatus } from '../control/status.ts';

/** What happened on one listener so far; the status is made of it. */
export class ListenerActivity {
  readonly #profile: string;
  #address: string;
  #connections: (() => number) | undefined;
  #localAuth: LocalAuth | undefined;
  #totalConnections = 0;
  #draining = false;
  #tokenExpiresAt: string | undefined;
  #lastError: LastError | undefined;

  constructor(profile: string, configuredAddress: string) {
    this.#profile = profile;
    this.#address = configuredAddress;
  }

  get address(): string {
    return this.#address;
  }

  /** Until this is called the listener counts as failed. */
  listening(address: string, localAuth: LocalAuth | undefined, connections: () => number): void {
    this.#address = address;
    this.#localAuth = localAuth;
    this.#connections = connections;
  }

  connectionOpened(): void {
    this.#totalConnections += 1;
  }

  draining(): void {
    this.#draining = true;
  }

  tokenUsed({ expiresAt }: AccessToken): void {
    this.#tokenExpiresAt = expiresAt >= neverExpires ? undefined : new Date(expiresAt).toISOString();
  }

  /** Of the login that it came from, nothing is left. */
  signedOut(): void {
    this.#tokenExpiresAt = undefined;
  }

  failed(error: unknown): void {
    const code = error instanceof GprxyError ? error.sqlState : 'ERR_INTERNAL';
    const message = error instanceof Error ? error.message : String(error);
    const hint = hintOf(error);
    this.#lastError = { at: new Date().toISOString(), code, message, ...(hint !== undefined && { hint }) };
  }

  get #state(): ListenerStatus['state'] {
    if (this.#connections === undefined) return 'failed';
    return this.#draining ? 'draining' : 'listening';
  }

  status(): ListenerStatus {
    return {
      profile: this.#profile,
      address: this.#address,
      state: this.#state,
      ...(this.#localAuth !== undefined && { localAuth: this.#localAuth }),
      connections: this.#connections?.() ?? 0,
      totalConnections: this.#totalConnections,
      ...(this.#tokenExpiresAt !== undefined && { tokenExpiresAt: this.#tokenExpiresAt }),
      ...(this.#lastError !== undefined && { lastError: this.#lastError }),
    };
  }
}

/** The upstream's own advice comes first, as it does for the client. */
function hintOf(error: unknown): string | undefined {
  const theirs = error instanceof UpstreamError ? error.response?.hint : undefined;
  return theirs ?? (error instanceof GprxyError ? error.hint : undefined);
}
