import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { TcpEnds } from '../client/tcp-entry.ts';
import { DeadRoutes } from './dead-routes.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

class Line extends EventEmitter {
  readonly remoteAddress = '10.0.0.1';
  readonly remotePort = 5432;
  readonly localAddress: string | undefined = '10.0.0.2';
  readonly localPort: number;
  bytesRead = 0;
  bytesWritten = 0;
  destroyed = false;
  ended: string | undefined;
  constructor(localPort: number, localAddress: string | undefined = '10.0.0.2') {
    super();
    this.localPort = localPort;
    this.localAddress = localAddress;
  }
  destroy(error?: Error): this {
    this.destroyed = true;
    this.ended = error?.message;
    this.emit('close');
    return this;
  }
}

/** `unanswered`: what the kernel says of the connection that leaves from this port. */
function world() {
  const unanswered = new Map<number, number | 'acknowledged' | undefined | Error>();
  let looks = 0;
  const watch = new DeadRoutes(async ({ localPort }: TcpEnds) => {
    looks += 1;
    const says = unanswered.has(localPort) ? unanswered.get(localPort) : 'acknowledged';
    if (says instanceof Error) throw says;
    return says;
  });
  const line = (localPort: number) => {
    const made = new Line(localPort);
    watch.watch(made as never);
    return made;
  };
  return { unanswered, line, watch, looks: () => looks };
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

it('a session whose statement nobody acknowledges for half a minute ends, and says why; one that waits for an answer goes on', async () => {
  const { unanswered, line } = world();
  const [dead, slow] = [line(1), line(2)];
  for (const each of [dead, slow]) each.bytesWritten += 20;
  unanswered.set(1, 4);
  await pass(40_000);
  expect(dead.ended).toBe(undefined);
  unanswered.set(1, 7);
  await pass(10_000);
  expect(dead.ended).toBe('10.0.0.1 does not acknowledge what is sent to it: the route there is dead');
  await pass(3_600_000);
  expect(slow.ended).toBe(undefined);
});

it('an outage that is over within half a minute ends nothing, however often it comes', async () => {
  const { unanswered, line } = world();
  const wifi = line(1);
  for (let outages = 0; outages < 5; outages++) {
    wifi.bytesWritten += 20;
    unanswered.set(1, 5);
    await pass(25_000);
    unanswered.set(1, 'acknowledged');
    await pass(5_000);
  }
  expect(wifi.ended).toBe(undefined);
});

it('a line that loses much but not all is not dead: its count begins anew with each acknowledgement, and what arrives shows that it lives', async () => {
  const { unanswered, line } = world();
  const [lossy, answering] = [line(1), line(2)];
  for (let looks = 0; looks < 40; looks++) {
    lossy.bytesWritten += 20;
    answering.bytesWritten += 20;
    unanswered.set(1, looks % 4 === 0 ? 1 : 3);
    unanswered.set(2, 5);
    if (looks % 4 === 0) answering.bytesRead += 100;
    await pass(5_000);
  }
  expect([lossy.ended, answering.ended]).toEqual([undefined, undefined]);
});

it('a table that cannot be read for want of descriptors neither ends a session nor spares it', async () => {
  const { unanswered, line } = world();
  const dead = line(1);
  dead.bytesWritten += 20;
  unanswered.set(1, new Error('EMFILE'));
  await pass(120_000);
  expect(dead.ended).toBe(undefined);
  unanswered.set(1, 8);
  await pass(40_000);
  expect(dead.ended).toContain('the route there is dead');
});

it('a table that does not show the connection this time is no answer: it is asked for again, and what was counted stands', async () => {
  const { unanswered, line } = world();
  const dead = line(1);
  dead.bytesWritten += 20;
  unanswered.set(1, undefined);
  await pass(60_000);
  for (let looks = 0; looks < 10; looks++) {
    unanswered.set(1, looks % 2 === 0 ? looks + 1 : undefined);
    await pass(5_000);
  }
  expect(dead.ended).toBe(undefined);
  unanswered.set(1, 12);
  await pass(10_000);
  expect(dead.ended).toContain('the route there is dead');
});

it('the kernel is asked once about what was sent, and not of sessions that are busy or that have sent nothing since', async () => {
  const { line, looks } = world();
  const idle = line(1);
  idle.bytesWritten += 20;
  const busy = line(2);
  for (let seconds = 0; seconds < 600; seconds += 5) {
    busy.bytesRead += 100;
    busy.bytesWritten += 20;
    await pass(5_000);
  }
  expect(looks()).toBe(1);
  busy.destroy();
  idle.bytesRead += 100;
  await pass(600_000);
  expect(looks()).toBe(1);
  idle.bytesWritten += 20;
  await pass(600_000);
  expect(looks()).toBe(2);
});

it('nothing ticks when there is no session, and what is no socket of this machine is left alone', async () => {
  const { line, watch } = world();
  watch.watch(new Line(3, '') as never);
  expect(vi.getTimerCount()).toBe(0);
  const one = line(1);
  expect(vi.getTimerCount()).toBe(1);
  one.destroy();
  await pass(5_000);
  expect(vi.getTimerCount()).toBe(0);
});
