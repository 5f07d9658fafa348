import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { onTestFinished } from 'vitest';

export interface HostileUpstreamOptions {
  /** Its answer to SSLRequest, in clear; TLS follows when it begins with `S`. `direct`: TLS from the first byte. */
  readonly sslAnswer: Buffer | 'direct';
  readonly certificate: { readonly certPem: string; readonly keyPem: string };
  readonly alpn?: readonly string[];
  /** What it says inside TLS to each chunk that comes, the startup packet being the first. */
  readonly script?: readonly Buffer[];
}

/** An upstream that says what it is told to, and records every byte that it is sent, in clear and decrypted. */
export async function startHostileUpstream({ sslAnswer, certificate, alpn, script = [] }: HostileUpstreamOptions) {
  const received: Buffer[] = [];
  const sockets = new Set<Socket>();
  const secureContext = createSecureContext({ cert: certificate.certPem, key: certificate.keyPem });
  const converse = (socket: Socket, answers: Buffer[]) => {
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      received.push(chunk);
      const answer = answers.shift();
      if (answer) socket.write(answer);
    });
  };
  const encrypt = (socket: Socket) => {
    const ALPNProtocols = alpn === undefined ? undefined : [...alpn];
    converse(new TLSSocket(socket, { isServer: true, secureContext, ...(ALPNProtocols && { ALPNProtocols }) }), [
      ...script,
    ]);
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    if (sslAnswer === 'direct') return encrypt(socket);
    socket.once('data', (chunk) => {
      received.push(chunk);
      socket.write(sslAnswer);
      if (sslAnswer.toString('latin1', 0, 1) === 'S') encrypt(socket);
      else converse(socket, [...script]);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    /** All of it, to be searched for secrets. */
    received: () => Buffer.concat(received).toString('latin1'),
    connections: () => sockets.size,
  };
}
