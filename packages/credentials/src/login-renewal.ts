import { CredentialError } from './errors.ts';
import { runLogin } from './hints.ts';
import type { FileLock } from './lock/file-lock.ts';
import type { LoginMemory, LoginMemoryOptions } from './login-memory.ts';
import { type RefreshableLogin, RefreshTokenRejected, refreshLogin } from './oidc/refresh-login.ts';
import type { StoredLogin } from './store/stored-login.ts';

/** Turns the login of one account into a fresh one. Runs under the account's lock only. */
export class LoginRenewal {
  readonly #options: LoginMemoryOptions;
  readonly #memory: LoginMemory;
  /** The last refresh token that the provider would not have, so that it is not asked again and again. */
  #rejected: { refreshToken: string; error: CredentialError } | undefined;

  constructor(options: LoginMemoryOptions, memory: LoginMemory) {
    this.#options = options;
    this.#memory = memory;
  }

  /** @param isFresh whether a login needs no renewal: another process may have been faster */
  async renew(
    isFresh: (login: StoredLogin) => boolean,
    lock: Pick<FileLock, 'isHeld'>,
    signal: AbortSignal,
  ): Promise<StoredLogin> {
    const stored = await this.#memory.load();
    if (stored !== undefined && isFresh(stored)) return stored;
    const login = this.#refreshable(stored);
    // A provider that rotates makes the old token worthless with its answer, so ask first whether the new one can be
    // kept. Once it could not, the old one is gone already, and memory has to do.
    if (!this.#memory.isUnsaved) await this.#options.store.probe(signal);
    try {
      return await this.#refresh(login, lock, signal);
    } catch (error) {
      if (!(error instanceof RefreshTokenRejected)) throw error;
      return this.#afterRejection(login, error, isFresh, lock, signal);
    }
  }

  /** Somebody who does not know of our lock may have been at it: one more look, one more try. */
  async #afterRejection(
    login: RefreshableLogin,
    error: RefreshTokenRejected,
    isFresh: (login: StoredLogin) => boolean,
    lock: Pick<FileLock, 'isHeld'>,
    signal: AbortSignal,
  ): Promise<StoredLogin> {
    this.#rejected = { refreshToken: login.refreshToken, error };
    const stored = await this.#memory.load();
    if (stored === undefined || stored.refreshToken === login.refreshToken) throw error;
    return isFresh(stored) ? stored : this.#refresh(this.#refreshable(stored), lock, signal);
  }

  async #refresh(login: RefreshableLogin, lock: Pick<FileLock, 'isHeld'>, signal: AbortSignal): Promise<StoredLogin> {
    const { settings, account, deps } = this.#options;
    const fresh = await refreshLogin({ settings, account, deps, signal }, login);
    await this.#memory.keep(fresh, login.refreshToken, lock);
    this.#tellLostScopes(login, fresh);
    const message = `renewed the login of profile ${account}`;
    deps.log({ level: 'info', event: 'login-refreshed', message, account, expiresAt: fresh.expiresAt });
    return fresh;
  }

  /** A provider may grant less than before (RFC 6749 section 6). What the upstream then refuses is explained here only. */
  #tellLostScopes(former: StoredLogin, fresh: StoredLogin): void {
    const granted = new Set(fresh.scope?.split(' '));
    const lost = (former.scope?.split(' ') ?? []).filter((scope) => !granted.has(scope));
    if (lost.length === 0) return;
    const { account, deps } = this.#options;
    const message = `the identity provider no longer grants profile ${account} the scopes ${lost.join(' ')}`;
    deps.log({ level: 'warn', event: 'scopes-lost', message, account, hint: runLogin(account) });
  }

  #refreshable(login: StoredLogin | undefined): RefreshableLogin {
    const { account } = this.#options;
    if (login === undefined) throw loginNeeded(`nobody is signed in (profile "${account}")`, account);
    const { refreshToken } = login;
    const who = login.email ?? login.subject;
    if (refreshToken === undefined) throw loginNeeded(`the login of ${who} has expired (no offline_access)`, account);
    if (refreshToken === this.#rejected?.refreshToken) throw this.#rejected.error;
    return { ...login, refreshToken };
  }
}

function loginNeeded(message: string, account: string): CredentialError {
  return new CredentialError('ERR_LOGIN_NEEDED', message, { hint: runLogin(account) });
}
