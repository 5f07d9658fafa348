/**
 * Runs `work` with a signal that also aborts, with `onExpiry()` as its reason, once `timeoutMs` have passed.
 * The timer ends with the work, so that a settled connection holds none.
 */
export async function withDeadline<T>(
  signal: AbortSignal,
  timeoutMs: number,
  onExpiry: () => Error,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(onExpiry()), timeoutMs);
  const follow = () => deadline.abort(signal.reason);
  if (signal.aborted) follow();
  signal.addEventListener('abort', follow, { once: true });
  try {
    return await work(deadline.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', follow);
  }
}
