import { once } from 'node:events';
import net from 'node:net';

const UNLOCK = 1;

/**
 * Unlocks the login keyring at the daemon's control socket, as a desktop's login does (gnome-keyring,
 * `daemon/control/gkd-control-codes.h`). Through D-Bus the daemon would ask for the password on a screen.
 */
export async function unlockKeyring(controlSocket: string, password: string): Promise<void> {
  const socket = net.connect(controlSocket);
  // The first byte only carries the credentials of this process.
  socket.write(Buffer.from([0]));
  socket.write(request(UNLOCK, password));
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'close');
  const reply = Buffer.concat(chunks);
  if (reply.length !== 8 || reply.readUInt32BE(4) !== 0) throw new Error('the keyring did not unlock');
}

/** Length of the whole, operation, then each string with its length. */
function request(operation: number, text: string): Buffer {
  const bytes = Buffer.from(text);
  const head = Buffer.alloc(12);
  head.writeUInt32BE(head.length + bytes.length, 0);
  head.writeUInt32BE(operation, 4);
  head.writeUInt32BE(bytes.length, 8);
  return Buffer.concat([head, bytes]);
}
