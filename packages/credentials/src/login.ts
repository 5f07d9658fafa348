import type { CredentialDependencies } from './dependencies.ts';
import { keepLogin } from './keep-login.ts';
import { withAccountLock } from './lock/account-lock.ts';
import type { BrowserHere, LoginFlow } from './oidc/choose-flow.ts';
import type { LoginPrompt } from './oidc/login-prompt.ts';
import { runLogin } from './oidc/run-login.ts';
import type { OidcSettings } from './settings.ts';
import { ensurePrivateDirectory } from './store/private-directory.ts';
import type { StoredLogin } from './store/stored-login.ts';
import type { TokenStore } from './store/token-store.ts';

export interface LoginOptions {
  settings: OidcSettings;
  store: TokenStore;
  account: string;
  deps: CredentialDependencies;
  /** Default `auto`: the browser where one can be opened, else a code. */
  flow?: LoginFlow | 'auto';
  /** Default: none. */
  browser?: BrowserHere;
  show: (prompt: LoginPrompt) => void;
  signal: AbortSignal;
}

/**
 * Makes sure of the store and the lock before anybody is asked anything, runs the flow, then writes under the account's lock.
 * The lock is not held while a person is looking for their phone: a daemon may refresh the former login meanwhile.
 */
export async function login(options: LoginOptions): Promise<StoredLogin> {
  const { settings, store, account, deps, signal } = options;
  await store.probe(signal);
  await ensurePrivateDirectory(deps.lockDirectory);
  const fresh = await runLogin({ settings, deps, signal, account }, options);
  await withAccountLock(account, deps, signal, () => keepLogin(store, account, deps, fresh));
  return fresh;
}
