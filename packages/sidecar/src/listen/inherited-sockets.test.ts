import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { testDirectory } from '../directory.testing.ts';
import { InheritedSockets } from './inherited-sockets.ts';

const descriptorOf = (socket: Server | Socket) => (socket as unknown as { _handle: { fd: number } })._handle.fd;

/** A server, and somebody who has come to it. */
async function startServer(at: { path: string } | { host: string; port: number }) {
  const server = createServer().listen(at);
  await once(server, 'listening');
  const address = server.address();
  const client = connect(typeof address === 'object' && address ? { port: address.port } : (at as { path: string }));
  const [accepted] = (await once(server, 'connection')) as [Socket];
  onTestFinished(() => {
    for (const socket of [client, accepted]) socket.destroy();
    server.close();
  });
  return { server, accepted, client };
}

describe.runIf(process.platform === 'linux')('a descriptor that was handed over', () => {
  it('is known by what it is bound to, and taken once', async () => {
    const path = join(await testDirectory(), 's');
    const { server } = await startServer({ path });
    const sockets = await InheritedSockets.read([descriptorOf(server)]);
    expect(sockets.left).toEqual([path]);
    expect([sockets.take({ path }), sockets.take({ path })]).toEqual([descriptorOf(server), undefined]);
  });

  it.each([
    ['Unix', async () => ({ path: join(await testDirectory(), 's') })],
    ['TCP', async () => ({ host: '127.0.0.1', port: 0 })],
  ])('S36 is left alone if nobody can come in there: a %s connection, not a listener', async (_, place) => {
    const { accepted, client } = await startServer(await place());
    expect((await InheritedSockets.read([descriptorOf(accepted), descriptorOf(client)])).left).toEqual([]);
  });

  it('S36 is left alone if it is no socket, or nothing', async () => {
    expect((await InheritedSockets.read([0, 9_999])).left).toEqual([]);
  });
});
