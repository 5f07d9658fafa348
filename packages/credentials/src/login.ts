import { throwIfAborted } from './abort.ts';
import type { CredentialDependencies } from './dependencies.ts';
import { CredentialError } from './errors.ts';
import { runLogin as loginHint } from './hints.ts';
import { keepLogin } from './keep-login.ts';
import { withAccountLock } from './lock/account-lock.ts';
import type { FileLock } from './lock/file-lock.ts';
import { followLogin } from './login-under-way/follow-login.ts';
import { isSameLogin, joinLogin } from './login-under-way/join-login.ts';
import { type LoginNews, type LoginOutcome, wantedLogin } from './login-under-way/login-files.ts';
import { takeLoginTurn } from './login-under-way/take-login-turn.ts';
import { tellLogin } from './login-under-way/tell-login.ts';
import { type FlowOptions, runLogin } from './oidc/run-login.ts';
import type { OidcSettings } from './settings.ts';
import { ensurePrivateDirectory } from './store/private-directory.ts';
import type { StoredLogin } from './store/stored-login.ts';
import type { TokenStore } from './store/token-store.ts';

/** `flow`: default `auto`. `browser`: whether one can be opened, default no. `show`: gets where to go, once for each login that is begun or joined. */
export interface LoginOptions extends FlowOptions {
  settings: OidcSettings;
  store: TokenStore;
  account: string;
  deps: CredentialDependencies;
  signal: AbortSignal;
}

/**
 * Signs somebody in and keeps the login, or joins the login to the account that another process has under way: shows what
 * that one shows and ends as it ends. When that one is interrupted or dies, this one begins anew.
 *
 * Makes sure of the store and the lock before anybody is asked anything. The account's lock is taken for the writing only,
 * not while a person is looking for their phone: a daemon may refresh the former login meanwhile.
 *
 * @throws CredentialError
 */
export async function login(options: LoginOptions): Promise<StoredLogin> {
  const { store, account, deps, signal } = options;
  await store.probe(signal);
  await ensurePrivateDirectory(deps.lockDirectory);
  let joined: number | undefined;
  const onNews = (news: LoginNews) => {
    mustBeSame(options, news);
    joined = news.pid;
  };
  for (;;) {
    throwIfAborted(signal);
    const turn = await takeLoginTurn(account, deps, signal);
    if (turn !== undefined) return signIn(options, turn, joined);
    const outcome = await followLogin({ account, deps, signal, onNews, onPrompt: options.show });
    if (outcome?.kind === 'done') return whatWasKept(options);
    if (outcome !== undefined && outcome.code !== 'ERR_ABORTED') throw sameEnd(outcome);
  }
}

/**
 * Joins the login that another process has under way, and begins none: shows what that one shows.
 * @returns whether somebody is logged in now; `false` too where no login to the same place is under way
 * @throws CredentialError `ERR_ABORTED`
 */
export function joinLoginUnderWay(options: Omit<LoginOptions, keyof FlowOptions> & Pick<LoginOptions, 'show'>) {
  return joinLogin({ ...options, wanted: wantedLogin(options), onPrompt: options.show });
}

function signIn(options: LoginOptions, turn: FileLock, insteadOf?: number): Promise<StoredLogin> {
  const { settings, store, account, deps, signal, show } = options;
  return tellLogin({ account, deps, wanted: wantedLogin(options), turn }, async (tellPrompt) => {
    const showAndTell = (prompt: Parameters<typeof show>[0]) => {
      tellPrompt(prompt);
      show(insteadOf === undefined ? prompt : { ...prompt, insteadOf });
    };
    const fresh = await runLogin({ settings, deps, signal, account }, { ...options, show: showAndTell });
    await withAccountLock(account, deps, signal, () => keepLogin(store, account, deps, fresh));
    return fresh;
  });
}

async function whatWasKept({ store, account }: LoginOptions): Promise<StoredLogin> {
  const login = await store.read(account);
  if (login !== undefined) return login;
  // Somebody logged out in the same moment.
  throw new CredentialError('ERR_LOGIN_NEEDED', `nobody is logged in for profile ${account}`, {
    hint: loginHint(account),
  });
}

function mustBeSame(options: LoginOptions, { wanted, pid }: LoginNews): void {
  if (isSameLogin(wanted, wantedLogin(options))) return;
  const what =
    wanted.store === options.store.kind ? `at ${wanted.issuer} as ${wanted.clientId}` : `into the other store`;
  const message = `process ${pid} is signing in profile ${options.account} ${what}`;
  throw new CredentialError('ERR_LOGIN_NEEDED', message, {
    hint: `Finish or stop that login first. Then: ${loginHint(options.account)}`,
  });
}

function sameEnd({ code, message, hint }: Extract<LoginOutcome, { kind: 'failed' }>): CredentialError {
  return new CredentialError(code, message, hint === undefined ? {} : { hint });
}
