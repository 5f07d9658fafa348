import { neverAborted, throwIfAborted } from './abort.ts';
import { entryFor, noteEntry } from './audience-entries.ts';
import { CredentialError } from './errors.ts';
import { runLogin } from './hints.ts';
import { withAccountLock } from './lock/account-lock.ts';
import type { FileLock } from './lock/file-lock.ts';
import { LoginMemory, type LoginMemoryOptions } from './login-memory.ts';
import { audienceParameters, requireAudience } from './oidc/audience-parameters.ts';
import { type RefreshableLogin, refreshLogin } from './oidc/refresh-login.ts';
import { identityOf, type StoredLogin } from './store/stored-login.ts';
import type { AccessToken, TokenSource } from './token-source.ts';

/** For whom a token is to be, where that is not what the login itself was made for. */
export interface AudienceTarget {
  /** Sent as `audience`, and as `resource` (RFC 8707) when it is an absolute URI. */
  audience?: string;
  /** Instead of the profile's. */
  scopes?: readonly string[];
}

export interface AudienceTokenSourceOptions extends LoginMemoryOptions {
  target: AudienceTarget;
}

const wantedTtlMs = 60_000;

/**
 * Tokens for another API out of the same login, by its refresh token. They have an entry of their own in the store; of the login itself
 * only the refresh token changes, where the provider rotates it, and that under the account's lock as with any renewal.
 */
export function createAudienceTokenSource(options: AudienceTokenSourceOptions): TokenSource {
  return {
    async getToken(signal, { minTtlMs = wantedTtlMs } = {}) {
      throwIfAborted(signal);
      const { account, deps } = options;
      const login = new LoginMemory(options);
      const kept = await keptToken(options, await login.load(), minTtlMs);
      if (kept !== undefined) return kept;
      return withAccountLock(account, deps, signal, (lock) => obtain(options, login, lock, minTtlMs, signal));
    },
  };
}

async function obtain(
  options: AudienceTokenSourceOptions,
  memory: LoginMemory,
  lock: Pick<FileLock, 'isHeld'>,
  minTtlMs: number,
  signal: AbortSignal,
): Promise<AccessToken> {
  const { settings, store, account, deps, target } = options;
  const login = refreshable(await memory.load(), account);
  const kept = await keptToken(options, login, minTtlMs);
  if (kept !== undefined) return kept;
  // A provider that rotates makes the old refresh token worthless with its answer, so ask first whether the new one can be kept.
  await store.probe(signal);
  const task = { settings, account, deps, signal: neverAborted };
  const fresh = await refreshLogin(task, login, audienceParameters(settings, target));
  const refreshToken = fresh.refreshToken ?? login.refreshToken;
  if (refreshToken !== login.refreshToken) await memory.keep({ ...login, refreshToken }, login.refreshToken, lock);
  requireAudience(settings, target, fresh.accessToken);
  await keepToken(options, fresh);
  return accessToken(fresh);
}

/** What is stored for this target, if it lives long enough and belongs to whoever is logged in now. */
async function keptToken(
  { store, account, deps, target }: AudienceTokenSourceOptions,
  login: StoredLogin | undefined,
  minTtlMs: number,
): Promise<AccessToken | undefined> {
  if (login === undefined) return undefined;
  const kept = await store.read(entryFor(account, target)).catch(ignoreDamaged);
  if (kept === undefined || kept.subject !== login.subject || kept.issuer !== login.issuer) return undefined;
  return kept.expiresAt - minTtlMs > deps.now() ? accessToken(kept) : undefined;
}

/** The caller has its token; without the entry the next one asks the provider again, and that is all. */
async function keepToken({ store, account, deps, target }: AudienceTokenSourceOptions, fresh: StoredLogin) {
  const entry = entryFor(account, target);
  const { refreshToken: _theLogins, ...token } = fresh;
  try {
    await noteEntry(account, entry, deps);
    await store.write(entry, token);
  } catch (error) {
    const reason = error instanceof CredentialError ? error.message : 'the store failed';
    deps.log({ level: 'warn', event: 'token-not-saved', message: `the token was not saved: ${reason}`, account });
  }
}

function refreshable(login: StoredLogin | undefined, account: string): RefreshableLogin {
  if (login?.refreshToken !== undefined) return { ...login, refreshToken: login.refreshToken };
  const message =
    login === undefined
      ? `nobody is logged in for profile ${account}`
      : `the login of profile ${account} cannot give further tokens (no offline_access)`;
  throw new CredentialError('ERR_LOGIN_NEEDED', message, { hint: runLogin(account) });
}

function ignoreDamaged(error: unknown): undefined {
  if (error instanceof CredentialError && error.code === 'ERR_LOGIN_NEEDED') return undefined;
  throw error;
}

function accessToken(login: StoredLogin): AccessToken {
  return { token: login.accessToken, expiresAt: login.expiresAt, identity: identityOf(login) };
}
