import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** AuthenticationCleartextPassword. */
const askForPassword = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]);

/** Listens where the sidecar should, asks whoever comes for a password, and keeps all that it is told. */
export interface Squatter extends AsyncDisposable {
  readonly port: number;
  heard(): string;
}

export async function startSquatter(port = 0): Promise<Squatter> {
  const chunks: Buffer[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.once('data', () => {
      socket.write(askForPassword);
      socket.once('data', () => socket.destroy());
    });
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    heard: () => Buffer.concat(chunks).toString('latin1'),
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}
