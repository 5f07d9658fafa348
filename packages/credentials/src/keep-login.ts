import { neverAborted, sleep } from './abort.ts';
import type { CredentialDependencies } from './dependencies.ts';
import { changeRevision } from './lock/login-revision.ts';
import type { StoredLogin } from './store/stored-login.ts';
import type { TokenStore } from './store/token-store.ts';

/** What a keychain that is busy, or a disk that is full for a moment, gets. */
const retryAfterMs = [100, 400, 1_000];

/**
 * Writes a login under the account's lock, several times if need be: there is no second copy of a refresh token.
 * Not abortable, for the same reason.
 *
 * @returns the revision that other processes notice
 */
export async function keepLogin(
  store: TokenStore,
  account: string,
  deps: CredentialDependencies,
  login: StoredLogin,
): Promise<string> {
  const pause = deps.sleep ?? sleep;
  for (let attempt = 0; ; attempt++) {
    try {
      await store.write(account, login);
      return await changeRevision(account, deps);
    } catch (error) {
      const waitMs = retryAfterMs[attempt];
      if (waitMs === undefined) throw error;
      await pause(waitMs, neverAborted);
    }
  }
}
