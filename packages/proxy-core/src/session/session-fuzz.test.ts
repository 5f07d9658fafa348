import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { CancelRegistry } from '../cancel-registry.ts';
import { GprxyError } from '../errors.ts';
import { createRandom, mutate, type Random } from '../fuzz.testing.ts';
import { listen } from '../listener.ts';
import { authenticationCleartextPassword, authenticationOk } from '../wire/authentication-messages.ts';
import { encodeBackendKeyData, encodeParameterStatus, encodeReadyForQuery } from '../wire/backend-messages.ts';
import { frontendKey } from '../wire/cancel-key.ts';
import { encodeErrorResponse, encodeNoticeResponse } from '../wire/error-response.ts';
import { terminate } from '../wire/frontend-messages.ts';
import { encodeStartupMessage, PROTOCOL_3_0, sslRequest } from '../wire/startup-packet.ts';
import { runSession } from './session.ts';
import type { SessionEnd, SessionPolicy } from './session-policy.ts';
import { loginUpstream } from './upstream-login.ts';

const [SESSIONS, AT_ONCE] = [600, 60];
/** Whoever says too little waits for it; those that say enough must come through in it on a machine that has other work, too. */
const TIMEOUT_MS = 750;

const startup = encodeStartupMessage(PROTOCOL_3_0, [
  ['user', 'alice'],
  ['database', 'sales'],
]);
const key = frontendKey(7, Buffer.from([1, 2, 3, 4]));
const cancel = Buffer.from('0000001004d2162e0000000701020304', 'hex');
const query = Buffer.from('Q\0\0\0\x0dSELECT 1\0');
const copyData = Buffer.concat([Buffer.from('d\0\0\x20\x04'), Buffer.alloc(8_192, 'x')]);
const welcome = Buffer.concat([
  ...[authenticationOk, encodeParameterStatus('server_version', '18'), encodeBackendKeyData(key)],
  encodeReadyForQuery('I'),
]);
const fatal = encodeErrorResponse({ severity: 'FATAL', code: '57P01', message: 'bye' });
const notice = encodeNoticeResponse({ severity: 'NOTICE', code: '00000', message: 'hello' });

const CLIENT: readonly (readonly Buffer[])[] = [
  [startup, query, query, terminate],
  [startup, copyData, copyData, copyData],
  [sslRequest, startup, query],
  [sslRequest, sslRequest],
  [cancel],
  [startup],
];
const UPSTREAM: readonly (readonly Buffer[])[] = [
  [welcome, copyData, encodeReadyForQuery('I'), copyData],
  [welcome, notice, fatal],
  [notice, welcome],
  [authenticationCleartextPassword],
  [fatal],
  [copyData],
];

/** Most as they should be, for the others to come that far, and what follows in pieces that end anywhere. */
function talk(socket: Socket, scripts: readonly (readonly Buffer[])[], random: Random): Promise<void> {
  const script = scripts[random(scripts.length)] as readonly Buffer[];
  const bytes = Buffer.concat(script.map((part) => (random(10) === 0 ? mutate(part, random) : part)));
  const goodbye = random(4);
  const say = async () => {
    for (let at = 0; at < bytes.length && !socket.destroyed; ) {
      const length = random(3) === 0 ? 1 + random(7) : 1 + random(bytes.length);
      socket.write(bytes.subarray(at, at + length));
      at += length;
      if (random(2) === 0) await nextTurn();
    }
    if (goodbye === 0) socket.resetAndDestroy();
    else if (goodbye < 3) socket.end();
  };
  return say();
}

/** Listens in clear, so that no password may reach it. */
async function startUpstream(random: Random) {
  const received: Buffer[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {}).on('end', () => socket.destroySoon());
    socket.once('data', () => void talk(socket, UPSTREAM, random)).on('data', (chunk) => received.push(chunk));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, received };
}

async function startProxy(upstreamPort: number, ends: SessionEnd<string>[]) {
  const tls = { mode: 'disable', negotiation: 'postgres' } as const;
  const target = { host: '127.0.0.1', port: upstreamPort, tls, connectTimeoutMs: TIMEOUT_MS };
  const credential = { kind: 'password', password: 'canary' } as const;
  const policy: SessionPolicy<string> = {
    clientTls: { mode: 'refused' },
    authenticationTimeoutMs: TIMEOUT_MS,
    authenticate: async () => 'alice',
    connectUpstream: (_, { protocolVersion, startup: { parameters } }, signal) =>
      loginUpstream({ target, protocolVersion, parameters, credential }, signal),
    frontendKeyFor: ({ backendKey }) => backendKey && frontendKey(backendKey.pid, backendKey.secret),
    events: { end: (end) => void ends.push(end) },
  };
  const cancels = new CancelRegistry();
  const listener = await listen({
    ...{ address: { host: '127.0.0.1', port: 0 }, maxConnections: 1_000 },
    serve: (socket, signal, admission) => runSession(socket, policy, cancels, signal, admission),
  });
  return { listener, cancels, port: (listener.address as AddressInfo).port };
}

/** Resolves when the proxy, or the client itself, has ended it. */
async function beClient(port: number, random: Random): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket
    .on('error', () => {})
    .on('end', () => socket.destroySoon())
    .resume();
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await talk(socket, CLIENT, random);
  const timer = setTimeout(() => socket.destroy(), 2 * TIMEOUT_MS);
  await closed;
  clearTimeout(timer);
}

it('S25 sessions between clients and servers that say anything, in any pieces, and go at any moment, all end, and in our words', {
  timeout: 120_000,
}, async () => {
  const random = createRandom();
  const ends: SessionEnd<string>[] = [];
  const upstream = await startUpstream(random);
  const { listener, cancels, port } = await startProxy(upstream.port, ends);
  for (let begun = 0; begun < SESSIONS; begun += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, () => beClient(port, random)));
  }
  expect(await listener.drain(0)).toBeDefined();
  expect(listener.connections).toBe(0);
  expect(cancels.find(key)).toBeUndefined();
  expect(Buffer.concat(upstream.received).includes('canary')).toBe(false);
  for (const { error } of ends) if (error !== undefined) expect(error).toBeInstanceOf(GprxyError);
  // Guards the fuzzing itself: sessions that all end at the first check find nothing.
  const reached = (stage: string) => ends.filter((end) => end.stage === stage).length;
  expect(reached('startup')).toBeGreaterThan(SESSIONS / 50);
  expect(reached('upstream')).toBeGreaterThan(SESSIONS / 10);
  expect(reached('relay')).toBeGreaterThan(SESSIONS / 10);
});
