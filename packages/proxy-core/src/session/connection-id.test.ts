import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { createCertificateAuthority } from '@gprxy/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { connectionIdOf } from './connection-id.ts';
import { socketPair } from './socket-pair.testing.ts';

/** Both ends of new connections, each of which resumes the one before it where it can. */
async function startServer(maxVersion: 'TLSv1.2' | 'TLSv1.3') {
  const ca = await createCertificateAuthority();
  const { certPem: cert, keyPem: key } = await ca.issue({ commonName: 'localhost' });
  const server = createServer({ cert, key, maxVersion }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  let session: Buffer | undefined;
  const open = async () => {
    const accepted = once(server, 'secureConnection') as Promise<[TLSSocket]>;
    const near = connect({ port, host: '127.0.0.1', servername: 'localhost', ca: ca.certPem, session });
    const known = once(near, 'session');
    const [far] = await accepted;
    for (const socket of [near, far]) socket.on('error', () => {});
    near.resume();
    [session] = near.isSessionReused() ? [session] : await known;
    return { near, far };
  };
  onTestFinished(() => void server.close());
  return open;
}

it.each(['TLSv1.2', 'TLSv1.3'] as const)(
  '%s: both ends know the same id, and each connection has another one',
  async (version) => {
    const open = await startServer(version);
    const ids: Array<string | undefined> = [];
    for (const isResumed of [false, true]) {
      const { near, far } = await open();
      expect(near.isSessionReused()).toBe(isResumed);
      expect(connectionIdOf(near)).toMatch(/^[0-9a-f]{24}$/);
      expect(connectionIdOf(far)).toBe(connectionIdOf(near));
      ids.push(connectionIdOf(near));
      near.destroy();
      far.destroy();
    }
    expect(new Set(ids).size).toBe(2);
  },
);

it('there is none without TLS', async () => {
  const [near, far] = await socketPair();
  expect(connectionIdOf(near)).toBeUndefined();
  near.destroy();
  far.destroy();
});

it('asking for that of a connection which is closed does no harm', async () => {
  const open = await startServer('TLSv1.3');
  const { near, far } = await open();
  near.destroy();
  far.destroy();
  await once(near, 'close');
  expect(connectionIdOf(near)).toBeUndefined();
});
