import { randomUUID } from 'node:crypto';
import { CredentialError } from '../errors.ts';
import { type Claim, type FoundClaim, findClaim, placeClaim, replaceClaim, withdrawClaim } from './lock-file.ts';
import { identifyThisProcess, livenessOf, type ProcessIdentity } from './process-identity.ts';

export interface FileLockOptions {
  path: string;
  /** How long to wait for a holder that lives. */
  waitMs: number;
  /** How old the claim of a holder that cannot be looked at (another machine or container) must be to count as gone. */
  abandonedAfterMs: number;
  /** And for how long it must have been watched: after a sleep everything is old, and the holder may be about to go on. */
  watchMs: number;
  now: () => number;
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  random: () => number;
  onTakeOver?: (former: FoundClaim) => void;
}

export interface FileLock {
  /** Of the claim, as everybody finds it in the file; never used twice. */
  readonly nonce: string;
  /** Whether it is still ours: a holder that could not be looked at may have been taken for dead while it was stopped. */
  isHeld(): Promise<boolean>;
  /** Whether the lock was still ours. */
  release(): Promise<boolean>;
}

/**
 * A lock between processes: a file that names its holder by pid and start time. It ends with its holder, however
 * that ended, and no holder that lives ever loses it, asleep or not. (proper-lockfile and relatives go by a file's age
 * instead: a laptop that slept has two holders, and a killed one blocks the others for as long as the age allows.)
 *
 * @throws CredentialError `ERR_STORE_FAILED` when a living holder keeps it longer than `waitMs`, `ERR_ABORTED`
 */
export async function acquireFileLock(options: FileLockOptions, signal: AbortSignal): Promise<FileLock> {
  const here = await identifyThisProcess();
  const deadline = performance.now() + options.waitMs;
  let watched = { nonce: '', since: 0 };
  for (;;) {
    const found = await findClaim(options.path);
    if (found !== undefined && found.nonce !== watched.nonce)
      watched = { nonce: found.nonce, since: performance.now() };
    const sight = found && { ...found, watchedMs: performance.now() - watched.since };
    const lock = await tryLock(sight, here, options, signal);
    if (lock !== undefined) return lock;
    if (performance.now() >= deadline) throw await stillHeld(options);
    await options.sleep(20 + options.random() * 40, signal);
  }
}

/** Somebody's claim, and for how long this process has been looking at it. */
interface WatchedClaim extends FoundClaim {
  watchedMs: number;
}

async function tryLock(
  found: WatchedClaim | undefined,
  here: ProcessIdentity,
  o: FileLockOptions,
  signal: AbortSignal,
): Promise<FileLock | undefined> {
  const claim: Claim = { nonce: randomUUID(), holder: here };
  if (found === undefined) return (await placeClaim(o.path, claim)) ? lockOf(o.path, claim) : undefined;
  if (!(await isAbandoned(found, here, o))) return undefined;
  return (await takeOver(found, claim, o, signal)) ? lockOf(o.path, claim) : undefined;
}

function lockOf(path: string, claim: Claim): FileLock {
  return {
    nonce: claim.nonce,
    isHeld: async () => (await findClaim(path))?.nonce === claim.nonce,
    release: () => withdrawClaim(path, claim),
  };
}

async function isAbandoned(found: WatchedClaim, here: ProcessIdentity, o: FileLockOptions): Promise<boolean> {
  const liveness = found.holder === undefined ? 'unknown' : await livenessOf(found.holder, here);
  if (liveness !== 'unknown') return liveness === 'dead';
  return found.watchedMs >= o.watchMs && o.now() - found.writtenAtMs > o.abandonedAfterMs;
}

/**
 * Many may find the same dead holder; one may replace its claim. Who does is settled by a second lock, named after the
 * very claim that is to go. Its holder looks again: as long as the dead claim is there, nobody else may touch it, and
 * once it is not, somebody was faster. A holder of the second lock that dies in turn is taken over the same way.
 */
async function takeOver(dead: FoundClaim, claim: Claim, o: FileLockOptions, signal: AbortSignal): Promise<boolean> {
  const second = await acquireFileLock({ ...o, path: `${o.path}.${dead.nonce}.takeover` }, signal);
  try {
    if ((await findClaim(o.path))?.nonce !== dead.nonce) return false;
    await replaceClaim(o.path, claim);
    o.onTakeOver?.(dead);
    return true;
  } finally {
    await second.release();
  }
}

async function stillHeld({ path, waitMs }: FileLockOptions): Promise<CredentialError> {
  const holder = (await findClaim(path).catch(() => undefined))?.holder;
  const who = holder === undefined ? 'somebody' : `process ${holder.pid} on ${holder.host}`;
  const seconds = Math.round(waitMs / 1000);
  return new CredentialError('ERR_STORE_FAILED', `${who} has been using this login for more than ${seconds} s`, {
    hint: `Wait for it or end it, then run the "gprxy" command again (the lock is ${path}).`,
  });
}
