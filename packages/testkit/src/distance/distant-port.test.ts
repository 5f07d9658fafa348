import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { type DistantPort, startDistantPort } from './distant-port.ts';

const ROUND_TRIP_MS = 40;

/** What is at the other end answers each chunk with itself, and an end with its own. */
async function startEcho(roundTripMs = ROUND_TRIP_MS): Promise<DistantPort> {
  const server = createServer((socket) => socket.on('error', () => {}).pipe(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const distant = await startDistantPort({ port: (server.address() as AddressInfo).port, roundTripMs });
  onTestFinished(async () => {
    await distant.stop();
    server.close();
  });
  return distant;
}

async function dial({ port }: DistantPort): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  return socket;
}

async function ask(socket: Socket, ...parts: readonly string[]): Promise<string> {
  const length = parts.join('').length;
  for (const part of parts) socket.write(part);
  let answer = '';
  while (answer.length < length) answer += (await once(socket, 'data'))[0];
  return answer;
}

it('takes a round trip to connect and one for each answer', async () => {
  const distant = await startEcho();
  const startedAt = performance.now();
  const socket = await dial(distant);
  for (const text of ['one', 'two', 'three']) expect(await ask(socket, text)).toBe(text);
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(4 * ROUND_TRIP_MS);
  expect(distant.roundTrips).toEqual([4]);
});

it('counts what goes out without waiting once', async () => {
  const distant = await startEcho();
  const socket = await dial(distant);
  expect(await ask(socket, 'a', 'b', 'c')).toBe('abc');
  expect(distant.roundTrips).toEqual([2]);
});

it('counts each connection by itself', async () => {
  const distant = await startEcho(0);
  const [one, two] = [await dial(distant), await dial(distant)];
  await ask(one, 'x');
  for (const text of ['y', 'z']) await ask(two, text);
  expect(distant.roundTrips).toEqual([2, 3]);
});

it('passes on every byte in its order, and the end behind them', async () => {
  const distant = await startEcho(2);
  const socket = await dial(distant);
  const sent = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));
  const received: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => received.push(chunk));
  socket.end(sent);
  await once(socket, 'end');
  expect(Buffer.concat(received).equals(sent)).toBe(true);
});

it('ends what runs through it when it stops', async () => {
  const distant = await startEcho();
  const socket = await dial(distant);
  const closed = once(socket, 'close');
  await distant.stop();
  await closed;
});
