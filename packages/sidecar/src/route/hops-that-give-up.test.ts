import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { httpProxyRoute } from './http-proxy.ts';
import { sshJumpRoute } from './ssh-jump.ts';

const upstream = { host: 'db.example', port: 5432 };

async function startHop(serve: (socket: Socket) => void) {
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}));
    serve(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

function jumpTo(hop: { host: string; port: number }) {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return sshJumpRoute({
    ...hop,
    user: 'alice',
    privateKey: privateKey.export({ type: 'pkcs1', format: 'pem' }) as string,
    knownHosts: async () => `[${hop.host}]:${hop.port} ssh-ed25519 AAAA\n`,
  });
}

describe('a hop that gives up halfway', () => {
  it('an SSH jump host that hangs up before the login is told at once, and the next connection asks it again', async () => {
    let calls = 0;
    const { dial } = jumpTo(
      await startHop((socket) => {
        calls++;
        socket.end('SSH-2.0-overloaded\r\n');
      }),
    );
    for (const attempt of [1, 2]) {
      await expect(dial(upstream, AbortSignal.timeout(15_000))).rejects.toMatchObject({ code: 'ERR_ROUTE' });
      expect(calls).toBe(attempt);
    }
  });

  it('an https proxy that never answers holds nobody who has given up', async () => {
    const giving = new AbortController();
    const hop = await startHop((socket) => socket.once('data', () => giving.abort(new Error('gave up'))).resume());
    const { dial } = httpProxyRoute({ ...hop, encrypted: true });
    await expect(dial(upstream, giving.signal)).rejects.toThrow('gave up');
  });
});
