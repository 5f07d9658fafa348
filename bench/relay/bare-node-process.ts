// The least that Node can do between a client and a server: one read buffer for ever, one write a read, no books, and nobody is let go gently.
import { readFileSync } from 'node:fs';
import { createServer, Socket } from 'node:net';
import { connect as connectTls, createSecureContext } from 'node:tls';

export interface BareNodeSettings {
  readonly port: number;
  readonly upstreamPort: number;
  /** PEM of the authority to trust. */
  readonly ca: string;
}

const BUFFER_BYTES = 65_536;
const RECORD_BYTES = 16_384;
const { port, upstreamPort, ca }: BareNodeSettings = JSON.parse(readFileSync(0, 'utf8'));
const secureContext = createSecureContext({ ca });
const fromClients = Buffer.allocUnsafe(BUFFER_BYTES);

/** Of `onread`, as Node calls it; its types know it of `net.connect` only. */
type Callback = (count: number, buffer: Buffer) => boolean;

function join(accepted: Socket): void {
  const fromUpstream: Callback = (count, buffer) => {
    client.write(buffer.subarray(0, count), written);
    isStopped = client.writableLength > 0;
    return !isStopped;
  };
  // What the kernel did not take at once still lies in the buffer, and another record may follow.
  const freeBuffer = () => (client && client.writableLength === 0 ? undefined : Buffer.allocUnsafeSlow(RECORD_BYTES));
  const written = () => {
    if (isStopped && client.writableLength === 0) upstream.resume();
  };
  const toUpstream = {
    ...{ host: '127.0.0.1', port: upstreamPort, secureContext, ALPNProtocols: ['postgresql'], noDelay: true },
    onread: { buffer: freeBuffer, callback: fromUpstream },
  };
  let isStopped = false;
  let client: Socket;
  const upstream = connectTls(toUpstream);
  // TLS has encrypted what it was given before it returns, so that all clients can share one buffer.
  const fromClient: Callback = (count, buffer) =>
    upstream.write(buffer.subarray(0, count)) || !upstream.once('drain', () => client.resume());
  // Of an accepted socket only the handle below it, which is Node's secret, can be given a buffer.
  const { _handle: handle } = accepted as unknown as { readonly _handle: object };
  const onread = { buffer: fromClients, callback: fromClient };
  client = new Socket({ handle, onread } as ConstructorParameters<typeof Socket>[0]);
  upstream.on('error', () => {}).on('close', () => client.destroy());
  client.on('error', () => {}).on('close', () => upstream.destroy());
  upstream.once('secureConnect', () => client.resume());
}

createServer({ pauseOnConnect: true, noDelay: true }, join).listen({ port, host: '127.0.0.1', backlog: 1_024 });
