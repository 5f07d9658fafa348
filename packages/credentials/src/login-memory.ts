import type { CredentialDependencies } from './dependencies.ts';
import { CredentialError } from './errors.ts';
import { runLogin } from './hints.ts';
import { keepLogin } from './keep-login.ts';
import type { FileLock } from './lock/file-lock.ts';
import { readRevision } from './lock/login-revision.ts';
import { sameIssuer } from './oidc/issuer-url.ts';
import type { OidcSettings } from './settings.ts';
import type { StoredLogin } from './store/stored-login.ts';
import type { TokenStore } from './store/token-store.ts';
import { DamagedLogin } from './store/unreadable-login.ts';

export interface LoginMemoryOptions {
  settings: OidcSettings;
  store: TokenStore;
  account: string;
  deps: CredentialDependencies;
}

interface Unsaved {
  login: StoredLogin;
  /** The refresh token that `login` came from; if the store has another by now, somebody logged in or out. */
  replaces: string;
}

/** One account's login as this process knows it: what the store has, or something newer that the store did not take. */
export class LoginMemory {
  readonly #options: LoginMemoryOptions;
  #login: StoredLogin | undefined;
  #revision = '';
  #unsaved: Unsaved | undefined;

  constructor(options: LoginMemoryOptions) {
    this.#options = options;
  }

  get isUnsaved(): boolean {
    return this.#unsaved !== undefined;
  }

  /** What is in memory, unless another process has changed the login since. */
  async recall(): Promise<StoredLogin | undefined> {
    const { account, deps } = this.#options;
    if (this.#login !== undefined && (await readRevision(account, deps)) !== this.#revision) this.#login = undefined;
    return this.#login;
  }

  /**
   * What the store has. Under the account's lock it also settles a login that is not saved yet.
   * @throws CredentialError `ERR_LOGIN_NEEDED` when the login belongs to another issuer or client
   */
  async load(): Promise<StoredLogin | undefined> {
    const { account, deps } = this.#options;
    // Before the store: a change in between is then noticed by the next recall.
    const revision = await readRevision(account, deps);
    const own = revision === this.#revision ? this.#login : undefined;
    this.#revision = revision;
    this.#login = this.#unsaved === undefined ? await this.#readOr(own) : await this.#settle(this.#unsaved);
    return this.#login;
  }

  /**
   * Keeps what came for the refresh token `replaces`: in the store, or else in memory until the store takes it. Without the lock nothing
   * is written: this process was stopped, and taken for dead, and what the store has by now may be newer.
   */
  async keep(login: StoredLogin, replaces: string, lock?: Pick<FileLock, 'isHeld'>): Promise<void> {
    const unsaved = { login, replaces: this.#unsaved?.replaces ?? replaces };
    this.#login = login;
    if (lock !== undefined && !(await lock.isHeld())) this.#unsaved = unsaved;
    else await this.#save(unsaved);
  }

  async #settle(unsaved: Unsaved): Promise<StoredLogin | undefined> {
    const stored = await this.#read().then(
      (login) => ({ login }),
      () => undefined,
    );
    if (stored !== undefined && stored.login?.refreshToken !== unsaved.replaces) {
      this.#unsaved = undefined;
      return stored.login;
    }
    if (stored !== undefined && (await this.#save(unsaved))) this.#tellSaved();
    return unsaved.login;
  }

  async #save(unsaved: Unsaved): Promise<boolean> {
    const { store, account, deps } = this.#options;
    try {
      this.#revision = await keepLogin(store, account, deps, unsaved.login);
      this.#unsaved = undefined;
      return true;
    } catch (error) {
      this.#unsaved = unsaved;
      this.#tellUnsaved(error);
      return false;
    }
  }

  #tellSaved(): void {
    const { account, deps } = this.#options;
    deps.log({ level: 'info', event: 'login-saved', message: `the login of profile ${account} is saved now`, account });
  }

  #tellUnsaved(error: unknown): void {
    const { account, deps } = this.#options;
    const code = error instanceof CredentialError ? error.code : 'ERR_STORE_FAILED';
    const reason = error instanceof CredentialError ? error.message : 'the store failed';
    const message = `the renewed login of profile ${account} is in memory only: ${reason}`;
    deps.log({ level: 'error', event: 'login-not-saved', message, account, code, hint: runLogin(account) });
  }

  /** What nobody else has changed since, and cannot be read any more, is written anew from what this process knows of it. */
  async #readOr(own: StoredLogin | undefined): Promise<StoredLogin | undefined> {
    try {
      return await this.#read();
    } catch (error) {
      if (!(error instanceof DamagedLogin) || own === undefined) throw error;
      const { account, deps } = this.#options;
      const message = `${error.message}; going on with the one in memory`;
      deps.log({ level: 'warn', event: 'stored-login-damaged', message, account });
      return own;
    }
  }

  async #read(): Promise<StoredLogin | undefined> {
    const { store, account, settings } = this.#options;
    const login = await store.read(account);
    if (login === undefined) return undefined;
    if (sameIssuer(login.issuer, settings.issuer) && login.clientId === settings.clientId) return login;
    const message = `profile ${account} was logged in at ${login.issuer} as ${login.clientId}, and its settings have changed`;
    throw new CredentialError('ERR_LOGIN_NEEDED', message, { hint: runLogin(account) });
  }
}
