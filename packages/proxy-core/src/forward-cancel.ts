import { once } from 'node:events';
import type { CancelRegistry, CancelTarget } from './cancel-registry.ts';
import { UpstreamError } from './errors.ts';
import { connectUpstreamSocket } from './session/connect-upstream-socket.ts';
import { withDeadline } from './session/deadline.ts';
import type { Peer, SessionEvents } from './session/session-policy.ts';
import type { FrontendKey } from './wire/cancel-key.ts';
import { encodeCancelRequest } from './wire/startup-packet.ts';

/** Passes a client's cancel on, if its key is one of ours, and reports it. There is no answer, so nothing is thrown. */
export async function answerCancel(
  key: FrontendKey,
  peer: Peer,
  cancels: CancelRegistry,
  events: SessionEvents<never>,
  signal: AbortSignal,
): Promise<void> {
  const target = cancels.find(key);
  if (!target) return events.cancel?.({ peer, key });
  const outcome = await forwardCancel(target, signal).then(
    () => ({}),
    (error: unknown) => ({ error }),
  );
  events.cancel?.({ peer, key, target, ...outcome });
}

/**
 * Sends a CancelRequest over a connection that is encrypted and verified as its session's is, and waits until the
 * server has closed it: that is how it says that the signal is sent (protocol chapter, "Canceling Requests in Progress").
 */
export function forwardCancel({ target, backendKey }: CancelTarget, signal: AbortSignal): Promise<void> {
  if (!backendKey) return Promise.resolve();
  const tooSlow = () => new UpstreamError('the cancel request got no answer', { code: 'ERR_CANCEL_TIMEOUT' });
  return withDeadline(signal, target.connectTimeoutMs, tooSlow, async (signal) => {
    const socket = await connectUpstreamSocket(target, signal);
    socket.on('error', () => {});
    try {
      // Our side stays open, as libpq's does: PgBouncer drops the cancel of a client that has left before it got its turn.
      socket.write(encodeCancelRequest(backendKey));
      socket.once('end', () => socket.destroy()).resume();
      if (!socket.closed) await once(socket, 'close', { signal });
    } finally {
      socket.destroy();
    }
  });
}
