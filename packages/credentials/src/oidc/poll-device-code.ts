import { sleep } from '../abort.ts';
import { providerError } from './provider-error.ts';
import type { ProviderTask } from './provider-task.ts';
import { codeExpired, type PollAnswer, type Unreachable } from './request-device-token.ts';

export interface Polling {
  task: ProviderTask;
  /** The least time from an answer to the next request. */
  intervalMs: number;
  /** Of the device code, epoch ms. */
  expiresAt: number;
  poll: () => Promise<PollAnswer>;
}

type TokenAnswer = Extract<PollAnswer, { kind: 'tokens' }>;

/** RFC 8628 section 3.5: `slow_down` adds 5 s, for good. */
const slowDownMs = 5_000;
const longestBackoffMs = 30_000;

/**
 * Asks until there is an answer or the code has expired, never faster than the provider allows. Our own loop rather
 * than openid-client's: that one ends with the first lost packet, and a second one would not know of a `slow_down`.
 */
export async function pollDeviceCode({ task, expiresAt, poll, ...polling }: Polling): Promise<TokenAnswer> {
  const { now } = task.deps;
  const pause = task.deps.sleep ?? sleep;
  let intervalMs = Math.max(polling.intervalMs, 1_000);
  let waitMs = intervalMs;
  let lost: Unreachable | undefined;
  for (;;) {
    await pause(Math.max(0, Math.min(waitMs, expiresAt - now())), task.signal);
    // The wall clock decides: a laptop that slept wakes to a code that is gone.
    if (now() >= expiresAt) throw lost === undefined ? codeExpired(task) : providerError(task, lost);
    const answer = await poll();
    if (answer.kind === 'tokens') return answer;
    if (answer.kind === 'failed') throw answer.error;
    if (answer.kind === 'slow_down') intervalMs += slowDownMs;
    lost = answer.kind === 'unreachable' ? answer : undefined;
    waitMs = lost === undefined ? intervalMs : backoff(lost, intervalMs, waitMs);
  }
}

/** Doubles with every request that got lost in a row (RFC 8628 section 3.5), from the interval upwards. */
function backoff(lost: Unreachable, intervalMs: number, formerMs: number): number {
  return Math.max(intervalMs, lost.retryAfterMs ?? 0, Math.min(formerMs * 2, longestBackoffMs));
}
