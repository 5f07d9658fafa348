import { setImmediate } from 'node:timers/promises';
import { SqlState, terminate, UpstreamError } from '@gprxy/proxy-core';
import { describe, expect, it } from 'vitest';
import { startFakeUpstream } from './fake-upstream.testing.ts';
import { startSpares, wanted } from './spares.testing.ts';

const nextTurn = <Value>(value: Value): Promise<Value> => setImmediate(value);

describe('a spare gives way', () => {
  const full = new UpstreamError('full', { sqlState: SqlState.TooManyConnections });

  it('to a client that finds the upstream full, and none is tried for a while', async () => {
    const { openAndRest, login, upstream, spares, clock } = await startSpares();
    await openAndRest();
    login.mockRejectedValueOnce(full);
    expect(await openAndRest(wanted({ database: 'books' }))).toBe(3);
    expect(upstream.received(2)).toBe(terminate.toString('hex'));
    expect(spares.counts.waiting).toBe(0);
    clock.now += 60_000;
    await openAndRest();
    expect(spares.counts.waiting).toBe(1);
  });

  /** An upstream that has room for so many sessions. */
  async function startNarrow(places: number) {
    const upstream = await startFakeUpstream();
    const isOpen = ({ destroyed }: { destroyed: boolean }) => !destroyed;
    const login = async () => {
      if (upstream.ends.filter(isOpen).length >= places) throw full;
      return upstream.login();
    };
    return { ...(await startSpares({ login })), upstream };
  }

  it('to a client with another token, which finds no room until the spare of the former one is gone', async () => {
    const { openAndRest, pidOf } = await startNarrow(2);
    await openAndRest();
    expect(await pidOf(wanted({}, { secret: 'renewed' }))).toBe(3);
  });

  it('to a client that comes while it is being opened: its place is taken then already', async () => {
    const { pidOf, rest, login, upstream, spares } = await startSpares();
    await pidOf();
    let open: () => void = () => {};
    login.mockImplementationOnce(() => new Promise((resolve) => (open = () => resolve(upstream.login()))));
    const resting = rest();
    login.mockRejectedValueOnce(full);
    const client = pidOf(wanted({ database: 'books' }));
    await expect(Promise.race([client, nextTurn('waits')])).resolves.toBe('waits');
    open();
    await resting;
    expect(await client).toBe(3);
    expect(upstream.received(2)).toBe(terminate.toString('hex'));
    expect(spares.counts.waiting).toBe(0);
  });

  it('and where there is none, the client hears that the upstream is full', async () => {
    const { pidOf, login } = await startSpares();
    login.mockRejectedValueOnce(full);
    await expect(pidOf()).rejects.toBe(full);
    expect(login).toHaveBeenCalledOnce();
  });

  it('in silence when it cannot be opened, and is not tried again at once', async () => {
    const { pidOf, openAndRest, rest, login, clock } = await startSpares();
    await pidOf();
    login.mockRejectedValueOnce(new Error('no'));
    await rest();
    for (let n = 0; n < 5; n++) await openAndRest();
    expect(login).toHaveBeenCalledTimes(7);
    clock.now += 60_000;
    await openAndRest();
    expect(login).toHaveBeenCalledTimes(9);
  });

  it('for a while where each connection has a token of its own', async () => {
    const { openAndRest, login } = await startSpares();
    for (const secret of ['1', '2', '3', '4']) await openAndRest(wanted({}, { secret }));
    expect(login).toHaveBeenCalledTimes(5);
  });
});
