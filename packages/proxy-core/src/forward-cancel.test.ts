import { EventEmitter, once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { CancelRegistry } from './cancel-registry.ts';
import { forwardCancel } from './forward-cancel.ts';
import { listen } from './listener.ts';
import { runSession } from './session/session.ts';
import type { CancelOutcome, SessionPolicy } from './session/session-policy.ts';
import { backendKey, frontendKey } from './wire/cancel-key.ts';
import { encodeCancelRequest } from './wire/startup-packet.ts';

const KEY = frontendKey(7, Buffer.from('mine'));
const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function startServer(): Promise<{ port: number; connected: Promise<Socket> }> {
  const server = createServer().listen(0, '127.0.0.1');
  stops.push(() => server.close());
  await once(server, 'listening');
  const connected = once(server, 'connection').then(([socket]) => socket as Socket);
  return { port: (server.address() as AddressInfo).port, connected };
}

/** A proxy that knows one session, whose server is at `serverPort`. */
async function startProxy(serverPort: number) {
  const cancels = new CancelRegistry();
  const tls = { mode: 'disable', negotiation: 'postgres' } as const;
  const target = { host: '127.0.0.1', port: serverPort, tls, connectTimeoutMs: 5_000 };
  cancels.register(KEY, { sessionId: 'a session', target, backendKey: backendKey(7, Buffer.from('real')) });
  const events = new EventEmitter();
  const nobody = () => Promise.reject(new Error('nobody logs in here'));
  const policy: SessionPolicy<never> = {
    clientTls: { mode: 'refused' },
    authenticationTimeoutMs: 5_000,
    authenticate: nobody,
    connectUpstream: nobody,
    frontendKeyFor: () => undefined,
    events: { cancel: (outcome) => void events.emit('cancel', outcome) },
  };
  const listener = await listen({
    address: { host: '127.0.0.1', port: 0 },
    maxConnections: 10,
    serve(socket, signal) {
      socket.once('close', () => events.emit('lost'));
      return runSession(socket, policy, cancels, signal);
    },
  });
  stops.push(() => listener.drain(0));
  return {
    port: (listener.address as AddressInfo).port,
    senderLost: once(events, 'lost'),
    cancelled: once(events, 'cancel').then(([outcome]) => outcome as CancelOutcome),
  };
}

it('passes a cancel on to the end, though its sender is gone meanwhile', async () => {
  const server = await startServer();
  const proxy = await startProxy(server.port);
  const client = connect({ port: proxy.port, host: '127.0.0.1' });
  client.write(encodeCancelRequest(backendKey(KEY.pid, KEY.secret)));
  const atServer = await server.connected;
  client.resetAndDestroy();
  await proxy.senderLost;
  expect((await once(atServer, 'data'))[0]).toEqual(encodeCancelRequest(backendKey(7, Buffer.from('real'))));
  atServer.end();
  expect(await proxy.cancelled).not.toHaveProperty('error');
});

it('is not done until the server has closed: only then is the signal sent', async () => {
  const server = await startServer();
  const tls = { mode: 'disable', negotiation: 'postgres' } as const;
  const target = { host: '127.0.0.1', port: server.port, tls, connectTimeoutMs: 5_000 };
  const key = backendKey(7, Buffer.from('real'));
  const done = forwardCancel({ sessionId: 'a session', target, backendKey: key }, new AbortController().signal);
  const atServer = await server.connected;
  await once(atServer, 'data');
  await expect(Promise.race([done, setTimeout(20, 'waits')])).resolves.toBe('waits');
  atServer.end();
  await done;
});
