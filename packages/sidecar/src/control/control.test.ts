import { once } from 'node:events';
import { chown, lchown, lstat, rm, symlink } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { connect, createServer as createSocketServer } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { leaveStaleSocket, testDirectory } from '../directory.testing.ts';
import { requestControl } from './control.ts';
import { serveControl } from './serve-control.ts';
import { runningStatus } from './status.testing.ts';

const calls = {
  status: () => runningStatus,
  page: async () => ({ url: 'http://127.0.0.1:1/open/ticket', ownUserOnly: true }),
  metrics: async () => '# HELP x y\n',
  reload: async () => ({ added: ['a'], changed: [], removed: [], problems: [] }),
  signedOut: () => {},
  stop: () => {},
};

async function startControl(stop: (drainTimeoutMs: number | undefined) => void = () => {}): Promise<string> {
  const path = join(await testDirectory(), 'control.sock');
  const control = await serveControl({ path, ...calls, stop });
  onTestFinished(() => control.close());
  return path;
}

it('answers with the status', async () => {
  expect(await requestControl(await startControl(), 'status')).toEqual(runningStatus);
});

it('passes on who has signed out', async () => {
  const path = join(await testDirectory(), 'control.sock');
  const signedOut: string[] = [];
  const control = await serveControl({ path, ...calls, signedOut: (profile) => void signedOut.push(profile) });
  onTestFinished(() => control.close());
  expect(await requestControl(path, 'signed-out', { profile: 'a&b' })).toEqual({ pid: process.pid });
  expect(signedOut).toEqual(['a&b']);
});

it.each(['status', 'metrics', 'page', 'reload'] as const)(
  'S25 goes on after %s could not be told',
  async (question) => {
    const path = join(await testDirectory(), 'control.sock');
    const fail = () => {
      throw new Error('a word that is for nobody');
    };
    const control = await serveControl({ path, ...calls, [question]: fail });
    onTestFinished(() => control.close());
    const asked = requestControl(path, question);
    await expect(asked).rejects.toMatchObject({ code: 'ERR_CONTROL', message: expect.stringMatching(/with 500$/) });
    if (question !== 'status') expect(await requestControl(path, 'status')).toEqual(runningStatus);
  },
);

it.runIf(process.getuid?.() === 0)(
  'S36 does not ask a socket of another OS user, who could lead it anywhere',
  async () => {
    const path = await startControl();
    await symlink(path, `${path}.link`);
    await lchown(`${path}.link`, 65_534, 65_534);
    const refusal = { code: 'ERR_CONTROL', message: expect.stringContaining('belongs to OS user 65534') };
    await expect(requestControl(`${path}.link`, 'status')).rejects.toMatchObject(refusal);
    await chown(path, 65_534, 65_534);
    await expect(requestControl(path, 'status')).rejects.toMatchObject(refusal);
  },
);

it('S27 an answer without an end is given up', async () => {
  const path = join(await testDirectory(), 'control.sock');
  const server = createServer((_, response) => {
    response.writeHead(200);
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536, ' ')));
    };
    response.on('drain', more);
    more();
  }).listen(path);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const asked = requestControl(path, 'status', { timeoutMs: 60_000 });
  await expect(asked).rejects.toMatchObject({ code: 'ERR_CONTROL', message: expect.stringContaining('endless') });
});

it('is there again when its directory was taken away, as at the end of a session at the desktop', async () => {
  const directory = join(await testDirectory(), 'run');
  const path = join(directory, 'control.sock');
  const control = await serveControl({ path, ...calls, recheckMs: 20 });
  for (let time = 0; time < 2; time++) {
    await rm(directory, { recursive: true });
    await expect.poll(() => requestControl(path, 'status').catch(() => undefined)).toEqual(runningStatus);
    expect((await lstat(path)).mode & 0o777).toBe(0o600);
  }
  await control.close();
  await expect(requestControl(path, 'status')).rejects.toMatchObject({ code: 'ERR_NOT_RUNNING' });
});

it('answers with the metrics', async () => {
  expect(await requestControl(await startControl(), 'metrics')).toEqual({ pid: process.pid, text: '# HELP x y\n' });
});

it('answers before it stops', async () => {
  const stopped: Array<number | undefined> = [];
  const path = await startControl((drainTimeoutMs) => void stopped.push(drainTimeoutMs));
  expect(await requestControl(path, 'stop')).toEqual({ pid: process.pid });
  expect(await requestControl(path, 'stop', { drainTimeoutMs: 0 })).toEqual({ pid: process.pid });
  await expect.poll(() => stopped).toEqual([undefined, 0]);
});

it('tells what came of a reload', async () => {
  const answer = { pid: process.pid, added: ['a'], changed: [], removed: [], problems: [] };
  expect(await requestControl(await startControl(), 'reload')).toEqual(answer);
});

it('answers what is no address of its own with 404', async () => {
  const socketPath = await startControl();
  for (const path of ['/', '//[', '/v1/status/x', '*']) {
    const [response] = await once(request({ socketPath, path }).end(), 'response');
    expect(response.resume().statusCode).toBe(404);
  }
});

it('S36 is for its owner only', async () => {
  expect((await lstat(await startControl())).mode & 0o777).toBe(0o600);
});

it('S36 tells a second daemon which process is the first', async () => {
  const path = await startControl();
  await expect(serveControl({ path, ...calls })).rejects.toMatchObject({
    code: 'ERR_ALREADY_RUNNING',
    pid: process.pid,
  });
  expect(await requestControl(path, 'status')).toEqual(runningStatus);
});

it.each([
  ['where there was none', () => {}],
  ['where one was killed', leaveStaleSocket],
])('S36 lets one of many daemons win that start at the same moment, %s', async (_, before) => {
  const path = join(await testDirectory(), 'control.sock');
  before(path);
  const starts = Array.from({ length: 10 }, () => serveControl({ path, ...calls }));
  const started = await Promise.allSettled(starts);
  onTestFinished(async () => {
    for (const start of started) if (start.status === 'fulfilled') await start.value.close();
  });
  expect(started.filter((start) => start.status === 'fulfilled')).toHaveLength(1);
  expect(await requestControl(path, 'status')).toEqual(runningStatus);
});

const WEBSOCKET =
  'GET /v1/status HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n';
it.each([
  ['a StartupMessage', Buffer.from('0000002300030000757365720061006461746162617365006100000000000000', 'hex')],
  ['TLS', Buffer.from('16030100a5010000a10303', 'hex')],
  ['noise', Buffer.from('\r\n\0\0\0garbage\r\n\r\n')],
  ['a WebSocket', Buffer.from(WEBSOCKET)],
])('S35 closes on %s without a byte of answer, within 50 ms', async (_, bytes) => {
  const path = await startControl();
  const answers: string[] = [];
  const msUntilClosed = async () => {
    const socket = connect(path);
    await once(socket, 'connect');
    const startedAt = performance.now();
    const received: Buffer[] = [];
    socket.on('error', () => {});
    socket.on('data', (chunk) => received.push(chunk));
    socket.write(bytes);
    await once(socket, 'close');
    answers.push(Buffer.concat(received).toString());
    return performance.now() - startedAt;
  };
  // The quickest of some: what else this machine is doing is not the sidecar's.
  await expect.poll(msUntilClosed).toBeLessThan(50);
  expect(new Set(answers)).toEqual(new Set(['']));
});

it('says when nothing runs', async () => {
  const path = join(await testDirectory(), 'control.sock');
  await expect(requestControl(path, 'status')).rejects.toMatchObject({ code: 'ERR_NOT_RUNNING' });
});

it.each<[string, string, number]>([
  ['another program', '<html>', 200],
  ['one that knows nothing of it', '{"pid":1}', 404],
  ['one with another idea of a status', '{"pid":"1"}', 200],
])('says when %s answers', async (_, body, code) => {
  const path = join(await testDirectory(), 'control.sock');
  const server = createServer((_, response) => void response.writeHead(code).end(body)).listen(path);
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  await expect(requestControl(path, 'status')).rejects.toMatchObject({ code: 'ERR_CONTROL' });
});

it('takes one that ends while it is asked for one that does not run', async () => {
  const path = join(await testDirectory(), 'control.sock');
  const server = createServer((request) => request.socket.destroy()).listen(path);
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  await expect(requestControl(path, 'status')).rejects.toMatchObject({ code: 'ERR_NOT_RUNNING' });
});

it('takes one that ends before it has read the question for one that does not run', async () => {
  const path = join(await testDirectory(), 'control.sock');
  const server = createSocketServer((socket) => socket.destroy()).listen(path);
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  // Whether the system says EPIPE or ECONNRESET is a matter of the moment.
  for (let attempt = 0; attempt < 20; attempt++) {
    await expect(requestControl(path, 'status')).rejects.toMatchObject({ code: 'ERR_NOT_RUNNING' });
  }
});

it('gives up on one that does not answer', async () => {
  const path = join(await testDirectory(), 'control.sock');
  const server = createServer(() => {}).listen(path);
  onTestFinished(() => server.closeAllConnections());
  await once(server, 'listening');
  await expect(requestControl(path, 'status', { timeoutMs: 20 })).rejects.toThrow(/does not answer/);
});
