import { sleep } from '../abort.ts';
import type { CredentialDependencies } from '../dependencies.ts';
import { CredentialError } from '../errors.ts';
import { acquireFileLock, type FileLock } from '../lock/file-lock.ts';
import { type FoundClaim, findClaim } from '../lock/lock-file.ts';
import { storeFailed } from '../store/private-directory.ts';
import { loginLockFile, readLoginNews } from './login-files.ts';
import { lifetimeMs } from './login-lifetime.ts';

/** The right to sign somebody in to the account, or `undefined` while another process has it. It ends with its holder. */
export async function takeLoginTurn(
  account: string,
  deps: CredentialDependencies,
  signal: AbortSignal,
): Promise<FileLock | undefined> {
  const path = loginLockFile(account, deps);
  const options = {
    path,
    waitMs: 0,
    watchMs: 0,
    abandonedAfterMs: await longestLifeMs(account, deps),
    now: deps.now,
    sleep: deps.sleep ?? sleep,
    random: deps.random ?? Math.random,
    onTakeOver: ({ holder }: FoundClaim) =>
      deps.log({
        level: 'info',
        event: 'login-taken-over',
        message: `process ${holder?.pid ?? 'unknown'} ended while it signed in profile ${account}`,
        account,
      }),
  };
  try {
    return await acquireFileLock(options, signal);
  } catch (error) {
    if (!(error instanceof CredentialError)) throw storeFailed(`cannot lock ${path}`, path, error);
    if (error.code === 'ERR_STORE_FAILED') return undefined;
    throw error;
  }
}

async function longestLifeMs(account: string, deps: CredentialDependencies): Promise<number> {
  const claim = await findClaim(loginLockFile(account, deps));
  return claim === undefined ? 0 : lifetimeMs(claim, await readLoginNews(account, deps));
}
