import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { CancelRegistry } from '../cancel-registry.ts';
import { type Listener, listen } from '../listener.ts';
import { encodeStartupMessage, PROTOCOL_3_0 } from '../wire/startup-packet.ts';
import { MessageChannel } from './message-channel.ts';
import { runSession } from './session.ts';
import type { SessionPolicy } from './session-policy.ts';
import { socketPair } from './socket-pair.testing.ts';

const open: { sockets: Socket[]; listeners: Listener[] } = { sockets: [], listeners: [] };
afterEach(async () => {
  for (const socket of open.sockets.splice(0)) socket.destroy();
  for (const listener of open.listeners.splice(0)) await listener.drain(0);
});

/** A proxy whose upstream is the test itself, already logged in. */
async function startSession(
  beforeRelay?: (upstream: Socket, server: Socket) => Promise<void>,
  beforeLogin: (signal: AbortSignal) => Promise<void> = async () => {},
  end: () => void = () => {},
) {
  const [upstream, server] = await socketPair();
  const tls = { mode: 'disable', negotiation: 'postgres' } as const;
  const policy: SessionPolicy<string> = {
    clientTls: { mode: 'refused' },
    authenticationTimeoutMs: 60_000,
    authenticate: async () => 'alice',
    connectUpstream: async (_who, _connection, signal) => {
      await beforeLogin(signal);
      return {
        channel: new MessageChannel(upstream),
        target: { host: '127.0.0.1', port: 1, tls, connectTimeoutMs: 1_000 },
        protocolVersion: PROTOCOL_3_0,
        backendKey: undefined,
        loginMessages: { beforeKey: [], afterKey: [] },
        parameters: new Map(),
      };
    },
    frontendKeyFor: () => undefined,
    events: { ready: () => beforeRelay?.(upstream, server), end },
  };
  const listener = await listen({
    address: { host: '127.0.0.1', port: 0 },
    maxConnections: 100,
    serve: (socket, signal, admission) => runSession(socket, policy, new CancelRegistry(), signal, admission),
  });
  const client = await connectClient(listener);
  open.sockets.push(upstream, server, client);
  open.listeners.push(listener);
  client.write(encodeStartupMessage(PROTOCOL_3_0, [['user', 'alice']]));
  return { client, upstream, server, listener };
}

async function connectClient(listener: Listener): Promise<Socket> {
  const client = connect({ port: (listener.address as AddressInfo).port, host: '127.0.0.1' });
  client.on('error', () => {});
  await once(client, 'connect');
  return client;
}

describe('a session whose other side is lost', () => {
  it('tells the client when the server goes between the login and the relay', async () => {
    const { client } = await startSession(async (upstream, server) => {
      server.resetAndDestroy();
      await once(upstream, 'error');
    });
    expect((await client.toArray()).join('')).toContain('C08006');
  });

  it('stops the login of a client that closes its side before it is in', async () => {
    const reasons: unknown[] = [];
    const { client } = await startSession(undefined, async (signal) => {
      await once(signal, 'abort');
      reasons.push(signal.reason);
      signal.throwIfAborted();
    });
    client.end();
    await expect.poll(() => reasons).toMatchObject([{ code: 'ERR_CONNECTION_LOST' }]);
  });

  it('is closed on both sides though its end cannot be reported', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue();
    onTestFinished(() => warned.mockRestore());
    const { client, server, listener } = await startSession(undefined, undefined, () => {
      throw new RangeError('no space for the token-of-alice');
    });
    await once(client, 'data');
    client.destroy();
    await once(server.resume(), 'end');
    server.end();
    await listener.drain();
    expect(warned.mock.calls).toEqual([['the end of a session could not be reported (RangeError)']]);
  });

  it('gives up a server that reads nothing once the client is gone', async () => {
    const { client, upstream, listener } = await startSession();
    await once(client, 'data');
    const megabyte = Buffer.alloc(1 << 20);
    while (upstream.writableLength < 65_536) {
      client.write(megabyte);
      await new Promise(setImmediate);
    }
    await listener.drain(0);
    if (!upstream.destroyed) await once(upstream, 'close');
  });
});
