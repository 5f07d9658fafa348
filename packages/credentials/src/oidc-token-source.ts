import type { CredentialDependencies } from './dependencies.ts';
import type { OidcSettings } from './settings.ts';
import type { TokenStore } from './store/token-store.ts';
import type { TokenSource } from './token-source.ts';

export interface OidcTokenSourceOptions {
  settings: OidcSettings;
  store: TokenStore;
  account: string;
  deps: CredentialDependencies;
}

/** Memory, then the store, then one refresh for everybody: see README.md. */
export function createOidcTokenSource(_options: OidcTokenSourceOptions): TokenSource {
  throw new Error('not there yet');
}
