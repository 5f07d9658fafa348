import type { CredentialDependencies } from './dependencies.ts';
import type { DevicePrompt } from './oidc/device-login.ts';
import type { OidcSettings } from './settings.ts';
import type { StoredLogin } from './store/stored-login.ts';
import type { TokenStore } from './store/token-store.ts';

export interface LoginOptions {
  settings: OidcSettings;
  store: TokenStore;
  account: string;
  deps: CredentialDependencies;
  show: (prompt: DevicePrompt) => void;
  signal: AbortSignal;
}

/** Probes the store, runs the device flow, then writes under the lock of the account. */
export function login(_options: LoginOptions): Promise<StoredLogin> {
  throw new Error('not there yet');
}
