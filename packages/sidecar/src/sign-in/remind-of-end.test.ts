import type { LoginEnd, TokenSource } from '@gprxy/credentials';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { aliceTokens, collectLog } from '../config/profile.testing.ts';
import { type Reminder, remindOfEnd } from './remind-of-end.ts';

const minuteMs = 60_000;
const now = Date.UTC(2030, 0, 1, 12);
const never = new AbortController().signal;

beforeEach(() => void vi.useFakeTimers({ now }));
afterEach(() => void vi.useRealTimers());

/** A source whose login ends when the test says so. */
function start(options: { lifeMs?: number; notify?: () => Promise<void>; isServed?: () => boolean } = {}) {
  const lifeMs = options.lifeMs ?? 12 * 60 * minuteMs;
  const login: { end: LoginEnd | undefined } = { end: { at: now + lifeMs, since: now, lifeMs } };
  const inner: TokenSource = {
    getToken: async (signal) => {
      const token = await aliceTokens.getToken(signal);
      return login.end ? { ...token, loginEnd: login.end } : token;
    },
  };
  const told: Array<Reminder & { at: number }> = [];
  const { log, lines } = collectLog();
  const source = remindOfEnd({
    ...{ profile: 'prod', source: inner, now: Date.now, log, signal: never, isServed: () => true },
    ...options,
    notify: async (reminder) => {
      told.push({ ...reminder, at: (Date.now() - now) / minuteMs });
      await options.notify?.();
    },
  });
  return { login, told, lines, use: () => source.getToken(never) };
}

describe('the end of a login', () => {
  it('is told a quarter of an hour before, once, with the command to type', async () => {
    const test = start();
    await test.use();
    await vi.advanceTimersByTimeAsync(13 * 60 * minuteMs);
    expect(test.told).toEqual([
      {
        title: 'gprxy: your login ends in 15 minutes',
        body: 'Run "gprxy login --profile prod" before new connections need it. Those that are open go on.',
        at: 12 * 60 - 15,
      },
    ]);
  });

  it('is told after a sleep that the timers did not notice', async () => {
    const test = start();
    await test.use();
    vi.setSystemTime(now + (12 * 60 - 3) * minuteMs);
    await vi.advanceTimersByTimeAsync(31_000);
    expect(test.told).toMatchObject([{ title: 'gprxy: your login ends in 3 minutes' }]);
  });

  it('is not told when it was slept through', async () => {
    const test = start();
    await test.use();
    vi.setSystemTime(now + 13 * 60 * minuteMs);
    await vi.advanceTimersByTimeAsync(minuteMs);
    expect(test.told).toEqual([]);
  });

  it('is not told while each refresh moves it, and is once that stops', async () => {
    const lifeMs = 30 * minuteMs;
    const latest = now + 120 * minuteMs;
    const test = start({ lifeMs });
    for (let minute = 0; minute < 119; minute += 4) {
      test.login.end = { at: Math.min(Date.now() + lifeMs, latest), since: now, lifeMs };
      await test.use();
      await vi.advanceTimersByTimeAsync(4 * minuteMs);
    }
    expect(test.told.map(({ at }) => at)).toEqual([112.5]);
  });

  it('is told anew for the next login', async () => {
    const test = start();
    await test.use();
    await vi.advanceTimersByTimeAsync(12 * 60 * minuteMs);
    const since = Date.now();
    test.login.end = { at: since + 60 * minuteMs, since, lifeMs: 60 * minuteMs };
    await test.use();
    await vi.advanceTimersByTimeAsync(60 * minuteMs);
    expect(test.told.length).toBe(2);
  });

  it('is not told where nobody knows it', async () => {
    const test = start();
    test.login.end = undefined;
    await test.use();
    await vi.advanceTimersByTimeAsync(24 * 60 * minuteMs);
    expect(test.told).toEqual([]);
  });

  it('is left to whoever serves the profile after a reload', async () => {
    const test = start({ isServed: () => false });
    await test.use();
    await vi.advanceTimersByTimeAsync(24 * 60 * minuteMs);
    expect(test.told).toEqual([]);
  });

  it('that no desktop shows is in the log, and nothing breaks', async () => {
    const test = start({ notify: () => Promise.reject(new Error('no such program')) });
    await test.use();
    await vi.advanceTimersByTimeAsync(12 * 60 * minuteMs);
    expect(test.lines.map(({ message }) => message)).toEqual([
      'the login ends soon',
      'the desktop does not show it: no such program',
    ]);
  });
});
