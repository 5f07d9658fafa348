import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { type CertificateAuthority, createCertificateAuthority } from '@gprxy/testkit';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { connectUpstreamSocket, type UpstreamTarget } from './connect-upstream-socket.ts';

let authority: CertificateAuthority;
beforeAll(async () => {
  authority = await createCertificateAuthority();
});

/** Chooses ALPN behind an SSLRequest as a server does that takes direct TLS, and then does not: a ClientHello is never answered. */
async function startServerThatHangs(connectTimeoutMs = 200) {
  const firstBytes: string[] = [];
  const { certPem, keyPem } = await authority.issue({ commonName: 'localhost' });
  const secureContext = createSecureContext({ cert: certPem, key: keyPem });
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.once('data', (chunk: Buffer) => {
      firstBytes.push(chunk.toString('hex', 0, 1));
      if (chunk[0] !== 0) return;
      socket.write('S');
      new TLSSocket(socket, { isServer: true, secureContext, ALPNProtocols: ['postgresql'] }).on('error', () => {});
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const tls = { mode: 'verify-full', negotiation: 'postgres', ca: authority.certPem } as const;
  const { port } = server.address() as { port: number };
  const target: UpstreamTarget = { host: 'localhost', port, tls, connectTimeoutMs };
  return { target, firstBytes };
}

describe('a server that does not answer the TLS handshake it was expected to take', () => {
  it('costs a moment, once, and is asked for TLS from then on', async () => {
    const { target, firstBytes } = await startServerThatHangs();
    for (let n = 0; n < 4; n++) (await connectUpstreamSocket(target, new AbortController().signal)).destroy();
    expect(firstBytes).toEqual(['00', '16', '00', '00', '00']);
  });

  it('is not asked again for a client that has gone away meanwhile', async () => {
    const { target, firstBytes } = await startServerThatHangs(60_000);
    (await connectUpstreamSocket(target, new AbortController().signal)).destroy();
    const client = new AbortController();
    const connecting = connectUpstreamSocket(target, client.signal);
    await expect.poll(() => firstBytes).toEqual(['00', '16']);
    client.abort(new Error('gone'));
    await expect(connecting).rejects.toThrow('gone');
    expect(firstBytes).toEqual(['00', '16']);
  });
});
