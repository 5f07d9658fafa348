import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { serveLoopback } from './serve-loopback.ts';

async function startServer() {
  const server = await serveLoopback({
    ...{ host: '127.0.0.1', port: 0, maxHeaderBytes: 4_096 },
    listener: (_, response) => void response.end('ok'),
  });
  onTestFinished(() => server.close());
  return async () => {
    const socket = connect(server.address.port, '127.0.0.1');
    const closed = new Promise<string>((resolve) => socket.once('close', () => resolve('closed')));
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => {}).resume();
    await once(socket, 'connect');
    return { socket, closed };
  };
}

it('S26 takes 64 connections at a time, and closes what comes then', async () => {
  const open = await startServer();
  const first = await Promise.all(Array.from({ length: 64 }, open));
  expect(await (await open()).closed).toBe('closed');
  expect(first.every(({ socket }) => !socket.destroyed)).toBe(true);
});

it('S26 waits 5 s for a request, and not for ever', async () => {
  const open = await startServer();
  const [silent, slow] = [await open(), await open()];
  slow.socket.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ');
  expect(await Promise.all([silent.closed, slow.closed])).toEqual(['closed', 'closed']);
});
