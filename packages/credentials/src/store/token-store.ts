import type { StoredLogin } from './stored-login.ts';

/** How long a probe may take; a person is waiting, and the login has not begun. */
export const probeLimitMs = 3_000;

/** Where logins rest between runs. An account is a profile's name. */
export interface TokenStore {
  readonly kind: 'keychain' | 'file';
  /**
   * Writes and reads back a marker, within 3 s, so that a fresh token is never lost to a store that cannot keep it.
   * @throws CredentialError `ERR_STORE_ABSENT`, `ERR_STORE_LOCKED` or `ERR_STORE_FAILED`
   */
  probe(signal: AbortSignal): Promise<void>;
  /** `undefined` only when nobody is logged in; a locked store is an error. */
  read(account: string): Promise<StoredLogin | undefined>;
  /** Whole or not at all: killed half-way, the next read returns the former login. */
  write(account: string, login: StoredLogin): Promise<void>;
  /** Whether there was something to delete. */
  delete(account: string): Promise<boolean>;
}
