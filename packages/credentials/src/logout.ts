import type { CredentialDependencies } from './dependencies.ts';
import type { OidcSettings } from './settings.ts';
import type { TokenStore } from './store/token-store.ts';

export interface LogoutOptions {
  settings: OidcSettings;
  store: TokenStore;
  account: string;
  deps: CredentialDependencies;
  /** Also tell the provider (RFC 7009). */
  revoke: boolean;
  signal: AbortSignal;
}

export interface LogoutResult {
  /** There was a login, and it is gone from the store. */
  removed: boolean;
  /** The provider confirmed the revocation. */
  revoked: boolean;
  /** Why `revoked` is false although it was asked for. */
  warning?: string;
}

/** Forgets the login here, then revokes it at the provider; works offline, with a warning. */
export function logout(_options: LogoutOptions): Promise<LogoutResult> {
  throw new Error('not there yet');
}
