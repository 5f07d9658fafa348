import { type SecureContext, TLSSocket } from 'node:tls';
import { ProtocolError } from '../errors.ts';
import { ConnectionLost, NotPostgres } from './connection-errors.ts';
import type { MessageChannel } from './message-channel.ts';

/** The ALPN protocol name that PostgreSQL registered (protocol chapter, "SSL Session Encryption"). */
export const POSTGRESQL_ALPN = 'postgresql';
/** The first byte of a TLS ClientHello record: how a direct TLS connection is told from a startup packet. */
export const TLS_HANDSHAKE_BYTE = 0x16;

/**
 * libpq makes room for 8 KiB before each read, and its asynchronous functions never look for what a longer record left
 * inside OpenSSL: psycopg, ruby-pg and pgbench then wait for bytes that they already have.
 */
const MAX_RECORD_BYTES_TO_CLIENTS = 8_192;

/** What a client may ask of this listener. `required`: nothing but a CancelRequest is served in plaintext. */
export type ClientTls =
  | { readonly mode: 'required' | 'accepted'; readonly context: SecureContext }
  | { readonly mode: 'refused' };

/**
 * Bytes that follow an encryption request before its answer were sent in the clear and would be taken for
 * encrypted ones (CVE-2021-23214): the connection ends, and none of them is parsed.
 */
export function refuseStuffedBytes(channel: MessageChannel, request: string): void {
  if (channel.unreadBytes === 0) return;
  throw new ProtocolError(`received unencrypted data after ${request} request`, {
    detail: 'This could be either a client-software bug or evidence of an attempted man-in-the-middle attack.',
  });
}

/** Takes over the socket of `channel` as a TLS server. A direct TLS client must have agreed on ALPN `postgresql`. */
export async function acceptTls(
  channel: MessageChannel,
  context: SecureContext,
  options: { direct: boolean },
  signal: AbortSignal,
): Promise<TLSSocket> {
  const socket = new TLSSocket(channel.release(), {
    isServer: true,
    secureContext: context,
    ALPNProtocols: [POSTGRESQL_ALPN],
  });
  socket.setMaxSendFragment(MAX_RECORD_BYTES_TO_CLIENTS);
  await handshake(socket, 'secure', signal);
  if (options.direct && socket.alpnProtocol !== POSTGRESQL_ALPN) {
    socket.destroy();
    throw new NotPostgres('direct TLS without ALPN "postgresql"');
  }
  return socket;
}

/** Waits for `event`; the socket is destroyed when the handshake fails or `signal` aborts. */
export function handshake(socket: TLSSocket, event: 'secure' | 'secureConnect', signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let failure: Error | undefined;
    const settle = (finish: () => void) => {
      signal.removeEventListener('abort', onAbort);
      socket.off(event, onSecure);
      socket.off('close', onClose);
      // Late errors of a socket that is already given up must not crash the process, and nothing of the handshake is kept for them.
      socket.on('error', ignore).off('error', onError);
      finish();
    };
    const onSecure = () => settle(resolve);
    const onClose = () => settle(() => reject(failure ?? new ConnectionLost()));
    const onAbort = () => {
      failure = signal.reason;
      socket.destroy();
    };
    const onError = (error: Error) => {
      failure ??= error;
    };
    socket.on('error', onError);
    socket.once(event, onSecure);
    socket.once('close', onClose);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

function ignore(): void {}
