import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';

/**
 * The certificate of whoever is at the other end, DER; undefined where there is none to see.
 *
 * Not by getPeerX509Certificate(): at the client's end Node takes the certificate out of OpenSSL's own list for it, finds none when it
 * is asked again, and never frees the list's: 5 KiB for each full handshake, outside of V8's heap.
 */
export function peerCertificate(socket: Duplex): Buffer | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  // Of a socket that has been closed there is nothing, which Node's types do not say.
  return (socket.getPeerCertificate() as { raw?: Buffer } | null)?.raw;
}
