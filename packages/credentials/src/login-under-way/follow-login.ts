import { sleep, throwIfAborted } from '../abort.ts';
import type { CredentialDependencies } from '../dependencies.ts';
import { CredentialError } from '../errors.ts';
import { runLogin } from '../hints.ts';
import { type FoundClaim, findClaim } from '../lock/lock-file.ts';
import { identifyThisProcess, isStopped, livenessOf } from '../lock/process-identity.ts';
import type { LoginPrompt } from '../oidc/login-prompt.ts';
import { type LoginNews, type LoginOutcome, loginLockFile, readLoginNews } from './login-files.ts';
import { lifetimeMs } from './login-lifetime.ts';

export interface LoginToFollow {
  account: string;
  deps: CredentialDependencies;
  signal: AbortSignal;
  /** Called with the first news of the login; throws where it is not the one that is wanted. */
  onNews?: (news: LoginNews) => void;
  /** Called once, when there is something to show. */
  onPrompt?: (prompt: LoginPrompt) => void;
}

const lookAgainMs = 200;
/** A debugger stops a process for a moment, too. */
const patientLooks = 4;

/**
 * Watches the login that another process has under way until it ends: `undefined` when there is none, or its process is
 * gone without a word. Looks at files, and at the process itself, rather than asking it.
 *
 * @throws CredentialError `ERR_LOGIN_EXPIRED` when its process lives and will not end it: stopped, or beyond its time; `ERR_ABORTED`
 */
export async function followLogin({
  account,
  deps,
  signal,
  ...tell
}: LoginToFollow): Promise<LoginOutcome | undefined> {
  const pause = deps.sleep ?? sleep;
  const nonce = (await findClaim(loginLockFile(account, deps)))?.nonce;
  if (nonce === undefined) return undefined;
  const told = { news: false, prompt: false };
  let stoppedLooks = 0;
  for (;;) {
    throwIfAborted(signal);
    const { claim, news, outcome } = await look(account, deps, nonce);
    if (news !== undefined && !told.news) tell.onNews?.(news);
    told.news ||= news !== undefined;
    if (outcome !== undefined || claim === undefined) return outcome;
    const state = await stateOf(claim, news, deps);
    // It may have said how it ended since it was looked at, and have ended after that.
    if (state === 'gone') return (await look(account, deps, nonce)).outcome;
    if (state === 'too long') throw endIt(account, claim, 'has been signing in profile', 'for too long');
    stoppedLooks = state === 'stopped' ? stoppedLooks + 1 : 0;
    if (stoppedLooks > patientLooks)
      throw endIt(account, claim, 'has begun to sign in profile', 'and is stopped (Ctrl-Z)');
    if (news?.prompt !== undefined && !told.prompt) tell.onPrompt?.({ ...news.prompt, begunBy: news.pid });
    told.prompt ||= news?.prompt !== undefined;
    await pause(lookAgainMs, signal);
  }
}

interface Sight {
  claim: FoundClaim | undefined;
  news: LoginNews | undefined;
  outcome: LoginOutcome | undefined;
}

/** What there is of one login. The claim before the news: an outcome is written before the claim goes. */
async function look(account: string, deps: CredentialDependencies, nonce: string): Promise<Sight> {
  const claim = await findClaim(loginLockFile(account, deps));
  const news = await readLoginNews(account, deps);
  const isItsOwn = news?.nonce === nonce;
  return {
    claim: claim?.nonce === nonce ? claim : undefined,
    news: isItsOwn ? news : undefined,
    outcome: isItsOwn ? news.outcome : news?.former?.nonce === nonce ? news.former.outcome : undefined,
  };
}

async function stateOf(
  claim: FoundClaim,
  news: LoginNews | undefined,
  deps: CredentialDependencies,
): Promise<'at work' | 'stopped' | 'too long' | 'gone'> {
  const { holder } = claim;
  const liveness = holder === undefined ? 'unknown' : await livenessOf(holder, await identifyThisProcess());
  if (liveness === 'dead') return 'gone';
  const isInTime = deps.now() - claim.writtenAtMs <= lifetimeMs(claim, news);
  if (liveness === 'unknown' || holder === undefined) return isInTime ? 'at work' : 'gone';
  if (!isInTime) return 'too long';
  return (await isStopped(holder)) ? 'stopped' : 'at work';
}

function endIt(account: string, { holder }: FoundClaim, does: string, how: string): CredentialError {
  const message = `process ${holder?.pid} ${does} ${account} ${how}`;
  return new CredentialError('ERR_LOGIN_EXPIRED', message, {
    hint: `End it ("kill -9 ${holder?.pid}"), or bring it back ("fg" in its terminal). ${runLogin(account)}`,
  });
}
