import { neverAborted, orAborted, throwIfAborted, within } from './abort.ts';
import { Backoff } from './backoff.ts';
import type { CredentialDependencies } from './dependencies.ts';
import { CredentialError, type CredentialErrorCode } from './errors.ts';
import { withAccountLock } from './lock/account-lock.ts';
import type { FileLock } from './lock/file-lock.ts';
import { loginEndOf } from './login-end.ts';
import { LoginMemory } from './login-memory.ts';
import { LoginRenewal } from './login-renewal.ts';
import { isLoginUnderWay, joinLogin } from './login-under-way/join-login.ts';
import { wantedLogin } from './login-under-way/login-files.ts';
import type { OidcSettings } from './settings.ts';
import { SingleFlight } from './single-flight.ts';
import { identityOf, type StoredLogin } from './store/stored-login.ts';
import type { TokenStore } from './store/token-store.ts';
import { lives, type WantedLife } from './token-life.ts';
import type { AccessToken, TokenOptions, TokenSource } from './token-source.ts';

export interface OidcTokenSourceOptions {
  settings: OidcSettings;
  store: TokenStore;
  account: string;
  deps: CredentialDependencies;
}

/** While the provider is out, this is enough to open a connection with, unless the caller asked for more. */
const leastTtlMs = 10_000;
const saveAgainAfterMs = 5_000;

/** Memory, then the store, then one refresh for everybody: README.md tells the rules. */
export function createOidcTokenSource(options: OidcTokenSourceOptions): TokenSource {
  return new OidcTokenSource(options);
}

class OidcTokenSource implements TokenSource {
  readonly #options: OidcTokenSourceOptions;
  readonly #memory: LoginMemory;
  readonly #renewal: LoginRenewal;
  readonly #backoff: Backoff;
  /** By the life that is asked for. Two at once take turns at the lock, and the second finds what the first got. */
  readonly #flights: SingleFlight<WantedLife, StoredLogin>;
  /** Of the logins that other processes have under way. */
  readonly #joins: SingleFlight<'login', boolean>;
  #saveAgainAt = 0;

  constructor(options: OidcTokenSourceOptions) {
    const { deps } = options;
    this.#options = options;
    this.#memory = new LoginMemory(options);
    this.#renewal = new LoginRenewal(options, this.#memory);
    this.#backoff = new Backoff(deps.now, deps.random ?? Math.random);
    this.#flights = new SingleFlight((wanted, signal) => this.#obtain(wanted, signal));
    const wanted = wantedLogin(options);
    this.#joins = new SingleFlight((_key, signal) => joinLogin({ ...options, wanted, signal }));
  }

  async getToken(signal: AbortSignal, options: TokenOptions = {}): Promise<AccessToken> {
    throwIfAborted(signal);
    try {
      return await this.#getToken(signal, options);
    } catch (error) {
      const mayJoin = hasCode(error, 'ERR_LOGIN_NEEDED') && options.joinsLogin !== false;
      if (!mayJoin || !(await isLoginUnderWay(this.#options))) throw error;
      options.onLoginUnderWay?.();
      if (!(await this.#joins.join('login', signal))) throw error;
      return this.#getToken(signal, options);
    }
  }

  async #getToken(signal: AbortSignal, options: TokenOptions): Promise<AccessToken> {
    const { minTtlMs } = options;
    const known = await this.#memory.recall();
    if (known !== undefined && this.#lives(known, minTtlMs ?? 'usual')) {
      this.#saveAgain();
      return this.#accessToken(known);
    }
    try {
      return this.#accessToken(await this.#renewed(known, options, signal));
    } catch (error) {
      const stopgap = minTtlMs === undefined && isPassing(error) ? await this.#memory.recall() : undefined;
      if (stopgap === undefined || !this.#lives(stopgap, leastTtlMs)) throw error;
      return this.#accessToken(stopgap);
    }
  }

  #renewed(known: StoredLogin | undefined, options: TokenOptions, signal: AbortSignal): Promise<StoredLogin> {
    const { minTtlMs, patienceMs } = options;
    const isSpare = minTtlMs === undefined && known !== undefined && this.#lives(known, leastTtlMs);
    if (!isSpare || patienceMs === undefined) return this.#flights.join(minTtlMs ?? 'usual', signal);
    // A refresh that takes longer is still wanted: by the next one who asks.
    const renewal = this.#flights.join('usual', neverAborted);
    return orAborted(within(renewal, patienceMs, notYet), signal);
  }

  async #obtain(wanted: WantedLife, signal: AbortSignal): Promise<StoredLogin> {
    const isFresh = (login: StoredLogin) => this.#lives(login, wanted);
    if (!this.#memory.isUnsaved) {
      const stored = await this.#memory.load();
      if (stored !== undefined && isFresh(stored)) return stored;
    }
    const { account, deps } = this.#options;
    if (this.#backoff.standing !== undefined) throw this.#backoff.standing;
    // Stopped and taken for dead meanwhile: what the others have by now counts, unless it is still what we began with.
    let isLost = false;
    const login = await withAccountLock(account, deps, signal, async (lock) => {
      const renewed = await this.#renew(isFresh, lock, signal);
      isLost = this.#memory.isUnsaved && !(await lock.isHeld());
      return renewed;
    });
    if (!isLost) return login;
    await withAccountLock(account, deps, neverAborted, () => this.#memory.load());
    return this.#obtain(wanted, signal);
  }

  async #renew(
    isFresh: (login: StoredLogin) => boolean,
    lock: Pick<FileLock, 'isHeld'>,
    signal: AbortSignal,
  ): Promise<StoredLogin> {
    try {
      const login = await this.#renewal.renew(isFresh, lock, signal);
      this.#backoff.succeeded();
      return login;
    } catch (error) {
      if (hasCode(error, 'ERR_PROVIDER_UNREACHABLE') || hasCode(error, 'ERR_PROVIDER_REFUSED')) {
        this.#backoff.failed(error);
      }
      throw error;
    }
  }

  /** In the background: the caller has a token, and the store may still refuse. */
  #saveAgain(): void {
    const { account, deps } = this.#options;
    if (!this.#memory.isUnsaved || deps.now() < this.#saveAgainAt) return;
    this.#saveAgainAt = deps.now() + saveAgainAfterMs;
    withAccountLock(account, deps, neverAborted, () => this.#memory.load()).catch(() => undefined);
  }

  #accessToken(login: StoredLogin): AccessToken {
    const loginEnd = loginEndOf(login, this.#options.settings.loginLifetimeMs);
    const { accessToken: token, expiresAt } = login;
    return { token, expiresAt, identity: identityOf(login), ...(loginEnd && { loginEnd }) };
  }

  #lives(login: StoredLogin, wanted: WantedLife): boolean {
    return lives(login, wanted, this.#options.deps.now());
  }
}

function notYet(): CredentialError {
  return new CredentialError('ERR_PROVIDER_UNREACHABLE', 'the identity provider has not answered yet');
}

/** Whether the login itself may still be good. */
function isPassing(error: unknown): boolean {
  return error instanceof CredentialError && /^ERR_(PROVIDER_|STORE_)/.test(error.code);
}

function hasCode(error: unknown, code: CredentialErrorCode): error is CredentialError {
  return error instanceof CredentialError && error.code === code;
}
