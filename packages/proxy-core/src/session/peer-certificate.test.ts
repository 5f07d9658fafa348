import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, Socket } from 'node:net';
import { connect, createServer, type Server, type TLSSocket } from 'node:tls';
import { createCertificateAuthority } from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { peerCertificate } from './peer-certificate.ts';

let server: Server;
let ca: string;
let certPem: string;

beforeAll(async () => {
  const authority = await createCertificateAuthority();
  const issued = await authority.issue({ commonName: 'localhost', hosts: ['localhost'] });
  [ca, certPem] = [authority.certPem, issued.certPem];
  server = createServer({ cert: certPem, key: issued.keyPem }, (socket) => {
    socket.on('error', () => {}).resume();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
});

afterAll(() => void server.close());

async function shakeHands<T>(see: (socket: TLSSocket) => T): Promise<T> {
  const { port } = server.address() as AddressInfo;
  const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca });
  await once(socket, 'secureConnect');
  const seen = see(socket);
  socket.destroy();
  await once(socket, 'close');
  return seen;
}

describe('the certificate of the other end', () => {
  it('is its own, DER, however often it is asked for', async () => {
    const { raw } = new X509Certificate(certPem);
    expect(await shakeHands((socket) => [peerCertificate(socket), peerCertificate(socket)])).toEqual([raw, raw]);
  });

  it('is none without TLS, and of a connection that has ended', async () => {
    expect(peerCertificate(new Socket())).toBeUndefined();
    expect(await shakeHands((socket) => peerCertificate(socket.destroy()))).toBeUndefined();
  });
});
