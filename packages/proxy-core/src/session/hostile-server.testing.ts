import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';

export interface ServerCertificate {
  readonly certPem: string;
  readonly keyPem: string;
}

export interface HostileServerOptions {
  /** Its answer to SSLRequest, in clear. */
  readonly sslAnswer?: Buffer;
  /** With one, it speaks TLS after an answer that starts with `S` (or at once, with `direct`). */
  readonly certificate?: ServerCertificate;
  readonly direct?: boolean;
  readonly alpn?: readonly string[];
  /** What it says to each message it gets, the startup packet being the first. */
  readonly script?: readonly (Buffer | ((message: Buffer) => Buffer))[];
  /** Closes once it has got this many messages. */
  readonly hangUpAfter?: number;
  /** Dies of the first byte: the kernel resets its connections. */
  readonly resets?: boolean;
}

/** A server that does what it is told, and keeps every byte that it was sent after TLS, or without it. */
export async function startHostileServer(options: HostileServerOptions) {
  const received: Buffer[] = [];
  const sockets = new Set<Socket>();
  const talk = (socket: Socket) => {
    const script = [...(options.script ?? [])];
    let count = 0;
    socket.on('data', (chunk) => {
      received.push(chunk);
      const answer = script.shift();
      if (answer) socket.write(typeof answer === 'function' ? answer(chunk) : answer);
      if (++count === options.hangUpAfter) socket.end();
    });
  };
  const encrypt = (socket: Socket, { certPem, keyPem }: ServerCertificate) => {
    const secureContext = createSecureContext({ cert: certPem, key: keyPem });
    const ALPNProtocols = [...(options.alpn ?? ['postgresql'])];
    const secured = new TLSSocket(socket, {
      isServer: true,
      secureContext,
      ...(ALPNProtocols.length && { ALPNProtocols }),
    });
    secured.on('error', () => {});
    talk(secured);
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    if (options.resets) return socket.once('data', () => socket.resetAndDestroy());
    if (options.direct && options.certificate) return encrypt(socket, options.certificate);
    if (!options.sslAnswer) return talk(socket);
    socket.once('data', () => {
      socket.write(options.sslAnswer as Buffer);
      if (options.certificate) encrypt(socket, options.certificate);
      else talk(socket);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    /** All of it, as latin1, to be searched for secrets. */
    received: () => Buffer.concat(received).toString('latin1'),
    stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
