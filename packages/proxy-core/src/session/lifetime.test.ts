import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { ConnectionLost } from './connection-errors.ts';
import { Lifetime } from './lifetime.ts';
import { socketPair } from './socket-pair.testing.ts';

const TERMINATE = Buffer.from('X\0\0\0\x04');
const SYNC = Buffer.from('S\0\0\0\x04');

/** The life of a client that has said who it is, and waits for its upstream. */
async function startLifetime(outer = new AbortController().signal) {
  const [near, far] = await socketPair();
  const lifetime = new Lifetime(near, outer, 60_000, () => new Error('too slow'));
  lifetime.watchEnd(near);
  lifetime.endDeadline();
  onTestFinished(() => {
    lifetime.end();
    for (const socket of [near, far]) socket.destroy();
  });
  const arrived = (bytes: number) => expect.poll(() => near.bytesRead, { interval: 1 }).toBe(bytes);
  return { near, far, lifetime, arrived };
}

it('ends with the goodbye of its client', async () => {
  const { far, lifetime } = await startLifetime();
  far.write(TERMINATE);
  await expect.poll(() => lifetime.signal.reason).toBeInstanceOf(ConnectionLost);
});

it.each([
  ['as long as a goodbye', SYNC],
  ['longer', Buffer.concat([SYNC, TERMINATE])],
])('goes on when its client says something else already, %s, and none of it is lost', async (_, said) => {
  const { near, far, lifetime, arrived } = await startLifetime();
  far.write(said);
  await arrived(said.length);
  await nextTurn();
  await nextTurn();
  expect(lifetime.signal.aborted).toBe(false);
  expect(near.read()).toEqual(said);
});

it('is over at once where all have been told to end before', async () => {
  const outer = new AbortController();
  outer.abort(new Error('draining'));
  const { lifetime } = await startLifetime(outer.signal);
  expect(lifetime.signal.reason).toBe(outer.signal.reason);
});
