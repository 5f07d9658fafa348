import { setTimeout as delay } from 'node:timers/promises';
import { CredentialError } from './errors.ts';

/** For work that must come to its own end. */
export const neverAborted: AbortSignal = new AbortController().signal;

export function aborted(): CredentialError {
  return new CredentialError('ERR_ABORTED', 'stopped before it was done', {
    hint: 'Run the same "gprxy" command again.',
  });
}

export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw aborted();
}

/**
 * Settles with `work`, or rejects at the very moment of the abort: what libraries make of a signal (openid-client
 * sits out its interval) is then nobody's wait. The work itself goes on unobserved; it must be bounded by itself.
 */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  work.catch(() => undefined);
  throwIfAborted(signal);
  const { promise, stop } = abortion(signal);
  try {
    return await Promise.race([work, promise]);
  } finally {
    stop();
  }
}

function abortion(signal: AbortSignal): { promise: Promise<never>; stop: () => void } {
  let stop = () => {};
  const promise = new Promise<never>((_, reject) => {
    const abort = () => reject(aborted());
    signal.addEventListener('abort', abort, { once: true });
    stop = () => signal.removeEventListener('abort', abort);
  });
  return { promise, stop };
}

/** Never shorter than `ms`: a Node timer may fire a fraction of a millisecond early, and a provider counts that as too fast. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await delay(Math.ceil(ms) + 1, undefined, { signal }).catch(() => {
    throw aborted();
  });
}

/** Settles with `work`, or rejects with `late()` after `limitMs`. The work goes on unobserved. */
export async function within<T>(work: Promise<T>, limitMs: number, late: () => Error): Promise<T> {
  work.catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), limitMs);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
