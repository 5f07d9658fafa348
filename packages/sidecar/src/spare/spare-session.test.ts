import { once } from 'node:events';
import { encodeErrorResponse, encodeParameterStatus, terminate } from '@gprxy/proxy-core';
import { expect, it, vi } from 'vitest';
import { noticeResponse, startFakeUpstream } from './fake-upstream.testing.ts';
import { SpareSession } from './spare-session.ts';

async function startSpare() {
  const upstream = await startFakeUpstream();
  const session = await upstream.login();
  const onLost = vi.fn();
  const spare = new SpareSession(session, onLost);
  const [end] = upstream.ends;
  if (!end) throw new Error('no connection');
  return { upstream, session, spare, onLost, end };
}

it('S6 is lent once', async () => {
  const { spare } = await startSpare();
  spare.lend();
  expect(spare.isUsable).toBe(false);
  expect(() => spare.lend()).toThrow('once');
});

it('S6 is not lent after its end', async () => {
  const { spare } = await startSpare();
  const ended = spare.end();
  expect(() => spare.lend()).toThrow('once');
  await ended;
});

it('brings what the server said while it waited, behind what it said at login, and the rest is for the client', async () => {
  const { spare, session, end } = await startSpare();
  const [status, notice] = [encodeParameterStatus('TimeZone', 'UTC'), noticeResponse('hello')];
  end.write(status);
  end.write(notice);
  await expect.poll(() => session.channel.socket.bytesRead).toBe(status.length + notice.length);
  const lent = spare.lend();
  expect(lent.loginMessages).toEqual({ beforeKey: [], afterKey: [status, notice] });
  expect(lent.parameters.get('TimeZone')).toBe('UTC');
  const socket = lent.channel.release();
  end.write('later');
  const [bytes] = await once(socket, 'data');
  expect(bytes.toString()).toBe('later');
});

it.each([
  ['says goodbye', encodeErrorResponse({ severity: 'FATAL', code: '57P01', message: 'bye' })],
  ['hangs up', undefined],
])('is of no use once the server %s', async (_, words) => {
  const { spare, onLost, end } = await startSpare();
  if (words) end.write(words);
  else end.end();
  await expect.poll(() => onLost).toHaveBeenCalledOnce();
  expect(spare.isUsable).toBe(false);
});

it('is of no use when the server was gone before anybody looked', async () => {
  const upstream = await startFakeUpstream();
  const session = await upstream.login();
  upstream.ends[0]?.resetAndDestroy();
  await expect.poll(() => session.channel.socket.closed).toBe(true);
  const onLost = vi.fn();
  const spare = new SpareSession(session, onLost);
  await expect.poll(() => onLost).toHaveBeenCalledOnce();
  expect(spare.isUsable).toBe(false);
});

it('is not lent in the middle of a message', async () => {
  const { spare, session, end } = await startSpare();
  end.write(noticeResponse('hello').subarray(0, 7));
  await expect.poll(() => session.channel.socket.bytesRead).toBe(7);
  expect(spare.isUsable).toBe(false);
});

it('is of no use from the moment that its socket is destroyed, before anybody is told', async () => {
  const { spare, session } = await startSpare();
  session.channel.socket.destroy();
  expect(spare.isUsable).toBe(false);
});

it('says goodbye to the server, and waits until that has hung up', async () => {
  const { spare, session, end, upstream } = await startSpare();
  await spare.end();
  expect(session.channel.socket.destroyed).toBe(true);
  expect(upstream.received(1)).toBe(terminate.toString('hex'));
  expect(end.destroyed).toBe(true);
});
