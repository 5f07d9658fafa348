import type { AccessToken } from '@gprxy/credentials';
import { GprxyError } from '@gprxy/proxy-core';
import type { LastError, ListenerStatus } from './status.ts';

/** What happened on one listener so far; the status is made of it. */
export class ListenerActivity {
  readonly #profile: string;
  readonly #changed: () => void;
  #address: string;
  #connections: (() => number) | undefined;
  #totalConnections = 0;
  #tokenExpiresAt: number | undefined;
  #lastError: LastError | undefined;

  constructor(profile: string, configuredAddress: string, changed: () => void) {
    this.#profile = profile;
    this.#address = configuredAddress;
    this.#changed = changed;
  }

  get address(): string {
    return this.#address;
  }

  /** Until this is called the listener counts as failed. */
  listening(address: string, connections: () => number): void {
    this.#address = address;
    this.#connections = connections;
  }

  connectionOpened(): void {
    this.#totalConnections += 1;
    this.#changed();
  }

  connectionClosed(): void {
    this.#changed();
  }

  tokenUsed({ expiresAt }: AccessToken): void {
    this.#tokenExpiresAt = expiresAt;
  }

  failed(error: unknown): void {
    const code = error instanceof GprxyError ? error.sqlState : 'ERR_INTERNAL';
    const message = error instanceof Error ? error.message : String(error);
    this.#lastError = { at: new Date().toISOString(), code, message };
  }

  status(): ListenerStatus {
    return {
      profile: this.#profile,
      address: this.#address,
      state: this.#connections === undefined ? 'failed' : 'listening',
      connections: this.#connections?.() ?? 0,
      totalConnections: this.#totalConnections,
      ...(this.#tokenExpiresAt !== undefined && { tokenExpiresAt: this.#tokenExpiresAt }),
      ...(this.#lastError !== undefined && { lastError: this.#lastError }),
    };
  }
}
