import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type CertificateAuthority, createCertificateAuthority } from '@gprxy/testkit';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { httpProxyRoute } from './http-proxy.ts';

let authority: CertificateAuthority;
let stranger: CertificateAuthority;
beforeAll(async () => {
  [authority, stranger] = await Promise.all([
    createCertificateAuthority(),
    createCertificateAuthority('somebody else'),
  ]);
});

/** A proxy that opens a tunnel to nowhere for whoever asks, and keeps what it was told. */
async function startProxy(issuer: CertificateAuthority, commonName = 'localhost') {
  const { certPem, keyPem } = await issuer.issue({ commonName });
  const told: string[] = [];
  const server = createServer({ cert: certPem, key: keyPem }).on('connect', ({ headers }, socket) => {
    told.push(headers['proxy-authorization'] ?? 'nothing');
    socket.end('HTTP/1.1 200 OK\r\n\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const hop = { host: 'localhost', port, encrypted: true, user: 'alice', password: 'canary', ca: authority.certPem };
  const dial = () => httpProxyRoute(hop).dial({ host: 'db.example', port: 5432 }, AbortSignal.timeout(20_000));
  return { told, dial };
}

it('the password of a proxy goes to the proxy whose certificate is good', async () => {
  const { told, dial } = await startProxy(authority);
  (await dial()).destroy();
  expect(told).toEqual([`Basic ${Buffer.from('alice:canary').toString('base64')}`]);
});

it.each([
  ['of another authority', () => startProxy(stranger)],
  ['for another host', () => startProxy(authority, 'elsewhere.example')],
])('S14 a proxy with a certificate %s is told nothing', async (_, start) => {
  const { told, dial } = await start();
  await expect(dial()).rejects.toMatchObject({
    message: expect.stringContaining('no verified TLS connection to the HTTP proxy'),
  });
  expect(told).toEqual([]);
});
