import { join } from 'node:path';
import { sleep } from '../abort.ts';
import type { CredentialDependencies } from '../dependencies.ts';
import { CredentialError } from '../errors.ts';
import { accountFileName } from '../store/account-file-name.ts';
import { ensurePrivateDirectory, storeFailed } from '../store/private-directory.ts';
import { acquireFileLock, type FileLock, type FileLockOptions } from './file-lock.ts';

/** Longer than the slowest refresh: discovery and token request with their time limits, and a slow keychain. */
const waitMs = 45_000;
const abandonedAfterMs = 120_000;
const watchMs = 3_000;

/**
 * Runs `work` while no other process of this user changes the account's login. The signal ends the waiting only:
 * work that began is never cut off, because a refresh token may just have been replaced.
 */
export async function withAccountLock<T>(
  account: string,
  deps: CredentialDependencies,
  signal: AbortSignal,
  work: (lock: Pick<FileLock, 'isHeld'>) => Promise<T>,
): Promise<T> {
  await ensurePrivateDirectory(deps.lockDirectory);
  const options = lockOptions(account, deps);
  const lock = await acquireFileLock(options, signal).catch((error: unknown) => {
    throw lockFailure(error, options.path);
  });
  const done = (async () => work(lock))().finally(() => lock.release().catch(() => undefined));
  deps.hold?.(done);
  return done;
}

function lockOptions(account: string, deps: CredentialDependencies): FileLockOptions {
  return {
    path: join(deps.lockDirectory, `${accountFileName(account)}.lock`),
    waitMs,
    abandonedAfterMs,
    watchMs,
    now: deps.now,
    sleep: deps.sleep ?? sleep,
    random: deps.random ?? Math.random,
    onTakeOver: ({ holder }) =>
      deps.log({
        level: 'info',
        event: 'lock-taken-over',
        message: `process ${holder?.pid ?? 'unknown'} ended while it held the lock of profile ${account}`,
        account,
      }),
  };
}

function lockFailure(error: unknown, path: string): CredentialError {
  return error instanceof CredentialError ? error : storeFailed(`cannot lock ${path}`, path, error);
}
