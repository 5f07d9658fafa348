import { encodeParameterStatus, terminate, type UpstreamSession } from '@gprxy/proxy-core';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { loginOf, startFakeUpstream } from './fake-upstream.testing.ts';
import type { WantedSession } from './spare-key.ts';
import { NOW, never, startSpares, wanted } from './spares.testing.ts';

describe('the next client of a database', () => {
  it('gets the session that waits, and then another one does', async () => {
    const { openAndRest, spares } = await startSpares();
    expect([await openAndRest(), await openAndRest(), await openAndRest()]).toEqual([1, 2, 3]);
    expect(spares.counts).toEqual({ waiting: 1, lent: 2, unused: 0 });
  });

  it('S6 gets one of its own, if fifty come at once for one spare', async () => {
    const { openAndRest, pidOf, rest, spares } = await startSpares();
    await openAndRest();
    const pids = await Promise.all(Array.from({ length: 50 }, () => pidOf()));
    await rest();
    expect(new Set(pids).size).toBe(50);
    expect(spares.counts).toEqual({ waiting: 1, lent: 1, unused: 0 });
  });

  const differences: [string, WantedSession][] = [
    ['another database', wanted({ database: 'books' })],
    ['another user', wanted({ user: 'bob' })],
    ['another setting', wanted({ TimeZone: 'UTC' })],
    ['another application name', wanted({ application_name: 'psql' })],
    ['another protocol version', wanted({}, { login: loginOf({}, { protocolVersion: 196_610 }) })],
    ['another token', wanted({}, { secret: 'of somebody else' })],
  ];
  it.each(differences)('S6 gets no session that was opened for %s', async (_, want) => {
    const { openAndRest, pidOf, spares } = await startSpares();
    await openAndRest(want);
    expect(await pidOf()).toBe(3);
    expect(spares.counts.lent).toBe(0);
  });

  it('gets none that its server has left, also if it left just now', async () => {
    const { openAndRest, pidOf, upstream } = await startSpares();
    await openAndRest();
    upstream.ends[1]?.resetAndDestroy();
    expect(await pidOf()).toBe(3);
  });

  it.each([
    ['read-write', 'default_transaction_read_only', 'on', 3],
    ['primary', 'in_hot_standby', 'on', 3],
    ['any', 'in_hot_standby', 'on', 2],
    ['read-write', 'TimeZone', 'UTC', 2],
    // It was the best there was at login, and still is.
    ['prefer-standby', 'TimeZone', 'UTC', 2],
  ] as const)(
    'S38 who asks for %s, once the server has said %s = %s, gets the session %4$i',
    async (attrs, name, value, pid) => {
      const upstream = await startFakeUpstream();
      const parameters = new Map([
        ['in_hot_standby', 'off'],
        ['default_transaction_read_only', 'off'],
      ]);
      const sessions: UpstreamSession[] = [];
      const login = async () => {
        const session = { ...(await upstream.login()), parameters };
        sessions.push(session);
        return session;
      };
      const { openAndRest, pidOf } = await startSpares({ login });
      const want = wanted({}, { login: loginOf({}, { targetSessionAttrs: attrs }) });
      await openAndRest(want);
      const told = encodeParameterStatus(name, value);
      upstream.ends[1]?.write(told);
      await expect.poll(() => sessions[1]?.channel.socket.bytesRead).toBe(told.length);
      expect(await pidOf(want)).toBe(pid);
    },
  );

  it('gets none from before the machine slept', async () => {
    const { openAndRest, pidOf, clock } = await startSpares();
    await openAndRest();
    clock.now += 60_000;
    expect(await pidOf()).toBe(3);
  });

  it('gets none that leaves from an address which this machine has no more', async () => {
    const upstream = await startFakeUpstream();
    const login = async () => {
      const session = await upstream.login();
      // RFC 5737: nobody's.
      return Object.defineProperty(session.channel.socket, 'localAddress', { value: '192.0.2.1' }) && session;
    };
    const { openAndRest, pidOf } = await startSpares({ login });
    await openAndRest();
    expect(await pidOf()).toBe(3);
  });

  it('is not told of the line of a spare as if it were its own', async () => {
    const onConnected = vi.fn();
    const { openAndRest, login } = await startSpares();
    await openAndRest(wanted({}, { login: { ...loginOf({}), onConnected } }));
    expect(login.mock.calls.map(([given]) => 'onConnected' in given)).toEqual([true, false]);
  });

  it('S6 leaves to nobody what it was about to get when it hung up', async () => {
    const { openAndRest, spares, pidOf, upstream } = await startSpares();
    await openAndRest();
    const client = new AbortController();
    const opened = spares.open(wanted(), client.signal);
    client.abort(new Error('hung up'));
    await expect(opened).rejects.toThrow('hung up');
    await expect.poll(() => upstream.received(2)).toBe(terminate.toString('hex'));
    expect(await pidOf()).toBe(3);
  });
});

describe('no spare is kept', () => {
  const cases: [string, WantedSession][] = [
    ['at a template, where it blocks CREATE DATABASE', wanted({ database: 'template1' })],
    ['for replication', wanted({ replication: 'database' })],
    ['with a token that is about to be renewed', wanted({}, { expiresAt: NOW + 90_000 })],
  ];
  it.each(cases)('%s', async (_, want) => {
    const { openAndRest, login } = await startSpares();
    await openAndRest(want);
    expect(login).toHaveBeenCalledOnce();
  });

  it('where none is wanted', async () => {
    const { openAndRest, login } = await startSpares({ isOn: false });
    await openAndRest();
    expect(login).toHaveBeenCalledOnce();
  });

  it('after the end', async () => {
    const { openAndRest, pidOf, rest, spares, login } = await startSpares();
    await pidOf();
    await spares.close('stopping');
    await rest();
    await openAndRest();
    expect([login.mock.calls.length, spares.counts.waiting]).toEqual([2, 0]);
  });

  it('if the end came while it was being opened', async () => {
    const { pidOf, rest, login, spares, upstream } = await startSpares();
    await pidOf();
    login.mockImplementationOnce(async () => {
      const session = await upstream.login();
      await spares.close('stopping');
      return session;
    });
    await rest();
    expect(spares.counts).toEqual({ waiting: 0, lent: 0, unused: 1 });
    await expect.poll(() => upstream.received(2)).toBe(terminate.toString('hex'));
  });

  it('of another database while somebody is at the one from where databases are dropped', async () => {
    const { openAndRest, spares } = await startSpares();
    await openAndRest();
    const session = await spares.open(wanted({ database: 'postgres' }), never);
    expect(spares.counts).toEqual({ waiting: 0, lent: 0, unused: 1 });
    await openAndRest();
    expect(spares.counts).toMatchObject({ waiting: 1, unused: 1 });
    session.channel.socket.destroy();
    await openAndRest();
    expect(spares.counts.waiting).toBe(2);
  });
});

describe('a spare that waits ends', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    return () => void vi.useRealTimers();
  });

  it.each([
    ['when nobody is signed in any more', undefined],
    ['when somebody else is', 'of bob'],
  ])('%s', async (_, secret) => {
    const current = { secret: 'token' as string | undefined };
    const { openAndRest, spares } = await startSpares({ currentSecret: async () => current.secret });
    await openAndRest();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(spares.counts.waiting).toBe(1);
    current.secret = secret;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(spares.counts).toMatchObject({ waiting: 0, unused: 1 });
  });

  it('not when the provider cannot be asked', async () => {
    const { openAndRest, spares } = await startSpares({ currentSecret: () => Promise.reject(new Error('out')) });
    await openAndRest();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(spares.counts.waiting).toBe(1);
  });

  it('after five minutes without a client; after one where the upstream was chosen among several', async () => {
    const { openAndRest, clock, spares } = await startSpares();
    await openAndRest();
    await openAndRest(wanted({}, { login: loginOf({ database: 'books' }, { targetSessionAttrs: 'primary' }) }));
    const left: number[] = [];
    for (const ticks of [11, 1, 47, 1]) {
      for (let tick = 0; tick < ticks; tick++) {
        clock.now += 5_000;
        await vi.advanceTimersByTimeAsync(5_000);
      }
      left.push(spares.counts.waiting);
    }
    expect(left).toEqual([2, 1, 1, 0]);
  });

  it('at once when nobody is signed in as a client comes', async () => {
    const { openAndRest, spares } = await startSpares();
    await openAndRest();
    spares.signedOut();
    expect(spares.counts).toMatchObject({ waiting: 0, unused: 1 });
  });
});
