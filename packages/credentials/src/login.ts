import type { CredentialDependencies } from './dependencies.ts';
import { keepLogin } from './keep-login.ts';
import { withAccountLock } from './lock/account-lock.ts';
import { type DevicePrompt, runDeviceLogin } from './oidc/device-login.ts';
import type { OidcSettings } from './settings.ts';
import { ensurePrivateDirectory } from './store/private-directory.ts';
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

/**
 * Makes sure of the store and the lock before anybody is asked anything, runs the device flow, then writes under the account's lock.
 * The lock is not held while a person is looking for their phone: a daemon may refresh the former login meanwhile.
 */
export async function login({ settings, store, account, deps, show, signal }: LoginOptions): Promise<StoredLogin> {
  await store.probe(signal);
  await ensurePrivateDirectory(deps.lockDirectory);
  const fresh = await runDeviceLogin({ settings, deps, signal, account }, show);
  await withAccountLock(account, deps, signal, () => keepLogin(store, account, deps, fresh));
  return fresh;
}
