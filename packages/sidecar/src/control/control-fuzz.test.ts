import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createRandom, mutate } from '../../../proxy-core/src/fuzz.testing.ts';
import { testDirectory } from '../directory.testing.ts';
import { requestControl } from './control.ts';
import { serveControl } from './serve-control.ts';
import { runningStatus } from './status.testing.ts';

const [INPUTS, AT_ONCE] = [3_000, 30];
async function startControl() {
  const path = join(await testDirectory(), 'control.sock');
  const calls = { stop: 0, reload: 0 };
  const control = await serveControl({
    path,
    status: () => runningStatus,
    page: async () => ({ url: '', ownUserOnly: true }),
    metrics: async () => '',
    reload: async () => {
      calls.reload++;
      return { added: [], changed: [], removed: [], problems: [] };
    },
    signedOut: () => {},
    stop: () => void calls.stop++,
  });
  onTestFinished(() => control.close());
  return { path, calls, answers: async () => expect(await requestControl(path, 'status')).toEqual(runningStatus) };
}

const open = async (path: string): Promise<Socket> => {
  const socket = connect(path);
  socket.on('error', () => {}).resume();
  await once(socket, 'connect');
  return socket;
};

const closed = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()));

/** What came back, once the other side has closed. */
async function say(path: string, bytes: Buffer): Promise<string> {
  const socket = await open(path);
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk.toString('latin1');
  });
  socket.end(bytes);
  await closed(socket);
  return answer;
}

const SEEDS = [
  'GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n',
  'POST /v1/reload HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabcde',
  'POST /v1/stop?drain_timeout_ms=0 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n',
  'GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\nGET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n',
  'OPTIONS * HTTP/1.0\r\nExpect: 100-continue\r\nConnection: keep-alive\r\n\r\n',
].map((text) => Buffer.from(text));

it('S25 of 3,000 mutated requests each is answered or closed, none of them stops what it does not name, and the next is served', async () => {
  const { path, calls, answers } = await startControl();
  const random = createRandom();
  let meant = 0;
  for (let sent = 0; sent < INPUTS; sent += AT_ONCE) {
    const inputs = Array.from({ length: AT_ONCE }, () => mutate(SEEDS[random(SEEDS.length)] as Buffer, random));
    meant += inputs.filter((bytes) => bytes.includes('POST /v1/stop')).length;
    for (const answer of await Promise.all(inputs.map((bytes) => say(path, bytes))))
      expect(answer).toMatch(/^(HTTP\/1\.1 (100|200|202|400|404|417) [\s\S]*)?$/);
    await answers();
  }
  expect(calls.stop).toBeGreaterThan(0);
  expect(calls.stop).toBeLessThanOrEqual(meant);
});

it('S25 noise that is no HTTP is closed without an answer', async () => {
  const { path, answers } = await startControl();
  const random = createRandom();
  const noise = Array.from({ length: 200 }, () => Buffer.from(Array.from({ length: 300 }, () => random(256))));
  expect(new Set(await Promise.all(noise.map((bytes) => say(path, bytes))))).toEqual(new Set(['']));
  await answers();
});

it.each(['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE'])(
  '%s neither stops nor reloads anything',
  async (method) => {
    const { path: socketPath, calls } = await startControl();
    for (const path of ['/v1/stop', '/v1/reload', '/v1/stop/', '//v1/stop', '/v1/../v1/stop', '/V1/STOP']) {
      const [response] = await once(request({ socketPath, path, method, agent: false }).end(), 'response');
      expect(response.resume().statusCode).toBe(404);
    }
    expect(calls).toEqual({ stop: 0, reload: 0 });
  },
);

it('a body of any size is not kept', async () => {
  const { path: socketPath, answers, calls } = await startControl();
  const outgoing = request({ socketPath, path: '/v1/reload', method: 'POST', agent: false });
  outgoing.on('error', () => {});
  const before = process.memoryUsage();
  const mebibyte = Buffer.alloc(1 << 20);
  for (let sent = 0; sent < 256 && !outgoing.destroyed; sent++) {
    if (outgoing.write(mebibyte)) continue;
    await new Promise<void>((resolve) => outgoing.once('drain', resolve).once('close', resolve));
  }
  const { arrayBuffers } = process.memoryUsage();
  expect(arrayBuffers - before.arrayBuffers).toBeLessThan(64 << 20);
  outgoing.destroy();
  expect(calls.reload).toBe(1);
  await answers();
});

it.each([
  ['the path', `GET /${'a'.repeat(100_000)} HTTP/1.1\r\n\r\n`],
  ['one header', `GET /v1/status HTTP/1.1\r\nX: ${'a'.repeat(100_000)}\r\n\r\n`],
  ['the number of headers', `GET /v1/status HTTP/1.1\r\n${'X: a\r\n'.repeat(20_000)}\r\n`],
])('a request is closed that is far too long: %s', async (_, text) => {
  const { path, answers } = await startControl();
  expect(await say(path, Buffer.from(text))).toBe('');
  await answers();
});

it('who opens connections and says nothing, or a byte now and then, keeps nobody out and is dropped', {
  timeout: 60_000,
}, async () => {
  const { path, answers } = await startControl();
  const slow: Socket[] = [];
  for (let batch = 0; batch < 20; batch++) {
    slow.push(...(await Promise.all(Array.from({ length: 50 }, () => open(path)))));
    await answers();
  }
  onTestFinished(() => {
    for (const socket of slow) socket.destroy();
  });
  const everyOther = slow.filter((_, index) => index % 2 === 0);
  for (const socket of everyOther) socket.write('GET /v1/status HTTP/1.1\r\nX: ');
  const typing = setInterval(() => {
    for (const socket of everyOther) if (socket.writable) socket.write('a');
  }, 100);
  onTestFinished(() => clearInterval(typing));
  await answers();
  await expect.poll(() => slow.filter(({ closed }) => !closed).length, { timeout: 20_000 }).toBeLessThanOrEqual(100);
  await expect.poll(() => slow.filter(({ closed }) => !closed).length, { timeout: 20_000 }).toBe(0);
  await answers();
});

it('a reader that does not take its answer holds nothing up', async () => {
  const { path, answers } = await startControl();
  const socket = await open(path);
  onTestFinished(() => void socket.destroy());
  socket.pause();
  for (let i = 0; i < 200; i++) socket.write(SEEDS[0] as Buffer);
  for (let i = 0; i < 20; i++) await answers();
});
