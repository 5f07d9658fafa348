import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';

/** RFC 5705 section 4: labels that begin so need not be registered. */
const LABEL = 'EXPERIMENTAL-gprxy-connection';
const ID_BYTES = 12;

/**
 * A name for a TLS connection at which both of its ends arrive by themselves (exported keying material, RFC 5705 and RFC 8446 section 7.5):
 * 24 hexadecimal digits, another one for each connection, resumed ones too. It tells nothing of the keys and proves nothing; undefined
 * where there is no TLS.
 */
export function connectionIdOf(socket: Duplex): string | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  try {
    return socket.exportKeyingMaterial(ID_BYTES, LABEL, Buffer.alloc(0)).toString('hex');
  } catch {
    // It has been closed in this moment: whoever uses it next will find that out.
    return undefined;
  }
}
