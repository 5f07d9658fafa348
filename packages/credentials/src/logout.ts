import { forgetEntries } from './audience-entries.ts';
import type { CredentialDependencies } from './dependencies.ts';
import { CredentialError } from './errors.ts';
import { withAccountLock } from './lock/account-lock.ts';
import { changeRevision, readRevision } from './lock/login-revision.ts';
import { revokeLogin } from './oidc/revoke-login.ts';
import type { OidcSettings } from './settings.ts';
import type { StoredLogin } from './store/stored-login.ts';
import type { TokenStore } from './store/token-store.ts';
import { DamagedLogin, NewerLogin } from './store/unreadable-login.ts';

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
  /** What to do about it, one sentence. */
  hint?: string;
}

/**
 * Forgets the login here, then revokes it at the provider. In this order: what must not fail comes first, and a
 * provider out of reach is a warning.
 *
 * @throws CredentialError `ERR_STORE_...` when the login is still in the store
 */
export async function logout(options: LogoutOptions): Promise<LogoutResult> {
  const { account, deps, signal } = options;
  const hadLogin = (await readRevision(account, deps)) !== '';
  const removal = withAccountLock(account, deps, signal, () => removeLogin(options));
  const { removed, login } = await removal.catch((error: unknown): Removal => {
    // A machine without a keychain has no login in it where nobody has ever signed in.
    if (!hadLogin && error instanceof CredentialError && error.code === 'ERR_STORE_ABSENT') return { removed: false };
    throw error;
  });
  if (!options.revoke || !removed) return { removed, revoked: false };
  if (login === undefined)
    return { removed, revoked: false, warning: 'the stored login could not be read, so it was not revoked' };
  return { removed, ...(await revokeOrWarn(options, login)) };
}

interface Removal {
  readonly removed: boolean;
  /** Unless it could not be read. */
  readonly login?: StoredLogin;
}

async function removeLogin({ store, account, deps }: LogoutOptions): Promise<Removal> {
  const login = await store.read(account).catch((error: unknown) => {
    if (error instanceof DamagedLogin || error instanceof NewerLogin) return undefined;
    throw error;
  });
  await forgetEntries(store, account, deps);
  const removed = await store.delete(account);
  await changeRevision(account, deps);
  return login === undefined ? { removed } : { removed, login };
}

async function revokeOrWarn(options: LogoutOptions, login: StoredLogin): Promise<Omit<LogoutResult, 'removed'>> {
  // To the issuer that gave the token and to no other, whatever the profile says by now.
  const settings = { ...options.settings, issuer: login.issuer, clientId: login.clientId };
  try {
    const revoked = await revokeLogin({ ...options, settings }, login);
    return revoked
      ? { revoked }
      : { revoked, warning: `${login.issuer} offers no revocation; the login ends when it expires` };
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown error';
    return {
      revoked: false,
      warning: `the login was removed here but lives on at the provider until it expires: ${reason}`,
      hint: `To end it sooner, end the sessions of client ${login.clientId} on your account's page at ${login.issuer}.`,
    };
  }
}
