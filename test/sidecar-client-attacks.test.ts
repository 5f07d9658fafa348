import { spawn } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { text } from 'node:stream/consumers';
import { encodeStartupMessage, PROTOCOL_3_0, sslRequest } from '@gprxy/proxy-core';
import { describe, expect, it } from 'vitest';
import {
  CANARY,
  canaryTokens,
  countingUpstream,
  errorIn,
  sendRaw,
  startTestSidecar,
  startupAs,
} from './sidecar.testing.ts';

const GSSENC_REQUEST = Buffer.from('0000000804d21630', 'hex');
const CANCEL_REQUEST = Buffer.from('0000001004d2162e0000000100000002', 'hex');

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));

/** The first that is within 50 ms, or the best of some seconds: a busy machine can delay any single one. */
async function fastest<T extends { elapsedMs: number }>(attempt: () => Promise<T>): Promise<T> {
  const giveUpAt = performance.now() + 15_000;
  let best = await attempt();
  while (best.elapsedMs >= 50 && performance.now() < giveUpAt) {
    const next = await attempt();
    if (next.elapsedMs < best.elapsedMs) best = next;
  }
  return best;
}

describe('S12 the client may not', () => {
  it.each([
    ['SSLRequest', sslRequest],
    ['GSSENCRequest', GSSENC_REQUEST],
  ])('stuff bytes behind %s', async (_, request) => {
    const { upstream, connections } = await countingUpstream();
    const { port } = await startTestSidecar({ upstream });
    const { answer } = await sendRaw({ port }, Buffer.concat([request, startupAs('mallory')]));
    expect(errorIn(answer)).toMatchObject({ code: '08P01', message: expect.stringContaining('unencrypted data') });
    expect(connections()).toBe(0);
  });
});

describe('S35 the port is closed without a byte of answer, within 50 ms, on', () => {
  const clientHello = Buffer.concat([Buffer.from('16030100a5010000a10303', 'hex'), Buffer.alloc(160, 7)]);
  it.each([
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
    ['HTTP that posts', Buffer.from('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}')],
    ['a WebSocket', Buffer.from('GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n')],
    ['TLS, with whatever ALPN', clientHello],
    ['HTTP/2', Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')],
    ['SSH', Buffer.from('SSH-2.0-OpenSSH_9.2\r\n')],
    ['a cancel for nobody', CANCEL_REQUEST],
  ])('%s', async (_, bytes) => {
    const { upstream, connections } = await countingUpstream();
    const { port } = await startTestSidecar({ upstream });
    const { answer, elapsedMs } = await fastest(() => sendRaw({ port }, bytes));
    expect(answer.toString()).toBe('');
    expect(elapsedMs).toBeLessThan(50);
    expect(connections()).toBe(0);
  });
});

/** Runs as another OS user: dials the port, sends a StartupMessage, prints what comes and how long it took. */
const STRANGER = `
const [, port, host, hex] = process.argv;
const socket = require('node:net').connect(Number(port), host);
const received = [];
let startedAt;
socket.on('connect', () => { startedAt = performance.now(); socket.write(Buffer.from(hex, 'hex')); });
socket.on('data', (chunk) => received.push(chunk));
socket.on('error', () => {});
socket.on('close', () => console.log(JSON.stringify({
  answer: Buffer.concat(received).toString('hex'), elapsedMs: performance.now() - startedAt })));
`;

async function dialAs(uid: number, host: string, port: number) {
  const args = ['-e', STRANGER, String(port), host, startupAs('mallory').toString('hex')];
  const child = spawn(process.execPath, args, {
    uid,
    gid: uid,
    cwd: '/',
    env: {},
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { answer, elapsedMs } = JSON.parse(await text(child.stdout)) as { answer: string; elapsedMs: number };
  return { error: errorIn(Buffer.from(answer, 'hex')), elapsedMs };
}

describe.runIf(process.platform === 'linux' && process.getuid?.() === 0)('S15 another OS user', () => {
  const nobody = 65_534;

  it.each(hasIpv6 ? ['127.0.0.1', '::1', '::ffff:127.0.0.1'] : ['127.0.0.1'])(
    'is refused within 50 ms at %s, logged, and nothing goes upstream',
    async (host) => {
      const { upstream, connections } = await countingUpstream();
      let tokens = 0;
      const counted = {
        getToken: (...args: Parameters<typeof canaryTokens.getToken>) =>
          canaryTokens.getToken(...args).finally(() => tokens++),
      };
      const { port, log } = await startTestSidecar({ upstream }, { tokens: counted });
      const { error, elapsedMs } = await fastest(() => dialAs(nobody, host, port));
      expect(error).toMatchObject({ severity: 'FATAL', code: '28000', hint: expect.stringContaining('gprxy start') });
      expect(elapsedMs).toBeLessThan(50);
      expect([connections(), tokens]).toEqual([0, 0]);
      expect(log).toContainEqual(
        expect.objectContaining({ level: 'warn', error: expect.stringContaining(`refused OS user ${nobody}`) }),
      );
    },
  );

  it('is let in where the profile says trust', async () => {
    const { upstream, connections } = await countingUpstream();
    const { port } = await startTestSidecar({ upstream, localAuth: 'trust' });
    const { error } = await dialAs(nobody, '127.0.0.1', port);
    expect(error.code).toMatch(/^08/);
    expect(connections()).toBe(1);
  });
});

it('S27 refuses a startup packet of over 10,000 bytes', async () => {
  const { upstream } = await countingUpstream();
  const { port } = await startTestSidecar({ upstream });
  const { answer } = await sendRaw({ port }, Buffer.from('00002711', 'hex'), Buffer.alloc(10_000));
  expect(answer.toString()).toBe('');
});

it('S28 refuses major version 4, and says what it speaks', async () => {
  const { upstream } = await countingUpstream();
  const { port } = await startTestSidecar({ upstream });
  const packet = encodeStartupMessage(PROTOCOL_3_0, [['user', 'x']]);
  packet.writeUInt32BE(0x0004_0000, 4);
  expect(errorIn((await sendRaw({ port }, packet)).answer)).toMatchObject({ code: '0A000' });
});

it('S18 keeps the token out of everything it logs and tells', async () => {
  const { upstream } = await countingUpstream();
  const { port, log, sidecar } = await startTestSidecar({ upstream });
  const { answer } = await sendRaw({ port }, startupAs('x'));
  expect(`${answer}${JSON.stringify([log, sidecar.status()])}`).not.toContain(CANARY);
});
