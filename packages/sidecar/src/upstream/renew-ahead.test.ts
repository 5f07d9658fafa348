import { type AccessToken, CredentialError, neverExpires, type TokenOptions } from '@gprxy/credentials';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { collectLog } from '../config/profile.testing.ts';
import { isRenewedAhead, renewAhead } from './renew-ahead.ts';

const minute = 60_000;
const neverAborts = new AbortController().signal;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A source whose tokens live for `lifeMs`, and a clock that timers and `sleep` move. */
function world({ lifeMs = 60 * minute, random = 0.5 } = {}) {
  const clock = { aheadMs: 0 };
  const now = () => Date.now() + clock.aheadMs;
  const asked: Array<{ at: number; minTtlMs: number | undefined }> = [];
  const state: { failure?: Error | undefined; token: AccessToken; isServed: boolean; arrival?: Promise<void> } = {
    token: tokenUntil(now() + lifeMs),
    isServed: true,
  };
  const source = {
    getToken: async (_signal: AbortSignal, { minTtlMs }: TokenOptions = {}) => {
      asked.push({ at: now(), minTtlMs });
      await state.arrival;
      if (state.failure) throw state.failure;
      if (state.token.expiresAt - (minTtlMs ?? minute) <= now()) state.token = tokenUntil(now() + lifeMs);
      return state.token;
    },
  };
  const { log, lines } = collectLog();
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const renewed: AccessToken[] = [];
  const onRenewed = (token: AccessToken) => void renewed.push(token);
  const options = {
    profile: 'prod',
    source,
    onRenewed,
    now,
    random: () => random,
    log,
    isServed: () => state.isServed,
  };
  const tokens = renewAhead({ ...options, signal: stop.signal });
  return { tokens, renewed, asked, state, lines, stop, now, sleepFor: (ms: number) => (clock.aheadMs += ms) };
}

function tokenUntil(expiresAt: number): AccessToken {
  return { token: `until ${expiresAt}`, expiresAt, identity: { claims: {} } };
}

const unreachable = () => new CredentialError('ERR_PROVIDER_UNREACHABLE', 'the provider is away');

describe('renewal ahead of time', () => {
  it('comes before the last minute, at another moment for each', async () => {
    for (const random of [0, 0.5, 0.999]) {
      const { tokens, renewed, asked, state } = world({ random });
      const { expiresAt } = await tokens.getToken(neverAborts);
      await vi.advanceTimersByTimeAsync(59 * minute);
      expect(asked).toHaveLength(2);
      expect(expiresAt - (asked[1]?.at ?? 0)).toBe(65_000 + random * 30_000);
      expect(state.token.expiresAt).toBeGreaterThan(expiresAt);
      expect(renewed).toEqual([state.token]);
    }
  });

  it('goes on without anybody asking, once somebody did', async () => {
    const { tokens, asked, lines } = world();
    await vi.advanceTimersByTimeAsync(120 * minute);
    expect(asked).toHaveLength(0);
    await tokens.getToken(neverAborts);
    await vi.advanceTimersByTimeAsync(24 * 60 * minute);
    expect(asked.length).toBeGreaterThan(23);
    expect(asked.length).toBeLessThan(27);
    expect(lines.every(({ level }) => level === 'debug')).toBe(true);
  });

  it('comes within 30 s of waking up', async () => {
    const { tokens, asked, sleepFor } = world();
    await tokens.getToken(neverAborts);
    await vi.advanceTimersByTimeAsync(minute);
    sleepFor(8 * 60 * minute);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(asked).toHaveLength(2);
  });

  it('leaves short-lived tokens half of their life', async () => {
    const { tokens, asked } = world({ lifeMs: 40_000 });
    await tokens.getToken(neverAborts);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked).toHaveLength(2);
  });

  it('does not hammer a source that has nothing newer', async () => {
    const { tokens, asked, state } = world();
    const { token } = state;
    await tokens.getToken(neverAborts);
    Object.defineProperty(state, 'token', { get: () => token, set: () => undefined });
    await vi.advanceTimersByTimeAsync(60 * minute);
    expect(asked.length).toBeLessThan(8);
  });

  it('goes on after one that took long, and ended with a token that a connection had brought meanwhile', async () => {
    const { tokens, asked, state, now } = world();
    await tokens.getToken(neverAborts);
    let arrive = () => {};
    state.arrival = new Promise((resolve) => (arrive = resolve));
    await vi.advanceTimersByTimeAsync(59 * minute);
    Object.assign(state, { token: tokenUntil(now() + 60 * minute), arrival: undefined });
    await tokens.getToken(neverAborts);
    await vi.advanceTimersByTimeAsync(45_000);
    arrive();
    expect(asked).toHaveLength(3);
    await vi.advanceTimersByTimeAsync(60 * minute);
    expect(asked).toHaveLength(4);
  });

  it('has nothing to do for what never expires', async () => {
    const { tokens, asked, state } = world();
    state.token = tokenUntil(neverExpires);
    await tokens.getToken(neverAborts);
    await vi.advanceTimersByTimeAsync(600 * minute);
    expect(asked).toHaveLength(1);
  });

  it('ends with the sidecar, or with the profile', async () => {
    for (const end of ['sidecar', 'profile']) {
      const { tokens, asked, state, stop } = world();
      await tokens.getToken(neverAborts);
      if (end === 'sidecar') stop.abort();
      else state.isServed = false;
      await vi.advanceTimersByTimeAsync(120 * minute);
      expect(asked).toHaveLength(1);
    }
  });
});

describe('renewal ahead of time, when it fails', () => {
  it('backs off while the provider is away, says so once, and recovers', async () => {
    const { tokens, asked, state, lines } = world();
    await tokens.getToken(neverAborts);
    await vi.advanceTimersByTimeAsync(58 * minute);
    state.failure = unreachable();
    await vi.advanceTimersByTimeAsync(62 * minute);
    const waits = asked.slice(2).map(({ at }, index) => at - (asked[index + 1]?.at ?? 0));
    expect(waits.slice(0, 5)).toEqual([3_750, 7_500, 15_000, 30_000, 60_000]);
    expect(Math.max(...waits)).toBe(225_000);
    expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
    state.failure = undefined;
    await vi.advanceTimersByTimeAsync(5 * minute);
    expect(lines.at(-1)).toMatchObject({ level: 'info', message: 'token renewed ahead of time' });
  });

  it('waits as long as the provider asks for, five minutes at most', async () => {
    for (const [retryAfterMs, waitedMs] of [
      [120_000, 120_000],
      [3_600_000, 300_000],
    ] as const) {
      const { tokens, asked, state } = world();
      await tokens.getToken(neverAborts);
      state.failure = new CredentialError('ERR_PROVIDER_UNREACHABLE', 'busy', { retryAfterMs });
      await vi.advanceTimersByTimeAsync(66 * minute);
      expect((asked[2]?.at ?? 0) - (asked[1]?.at ?? 0)).toBe(waitedMs);
    }
  });

  it('rests once a login is needed, until somebody gets a token again', async () => {
    const { tokens, asked, state, lines } = world();
    await tokens.getToken(neverAborts);
    state.failure = new CredentialError('ERR_LOGIN_NEEDED', 'expired', { hint: 'Run "gprxy login".' });
    await vi.advanceTimersByTimeAsync(600 * minute);
    expect(asked).toHaveLength(2);
    expect(lines).toMatchObject([{ level: 'warn', code: 'ERR_LOGIN_NEEDED', hint: 'Run "gprxy login".' }]);
    await tokens.getToken(neverAborts).catch(() => undefined);
    await vi.advanceTimersByTimeAsync(600 * minute);
    expect(asked).toHaveLength(3);
    state.failure = undefined;
    await tokens.getToken(neverAborts);
    await vi.advanceTimersByTimeAsync(60 * minute);
    expect(asked.length).toBeGreaterThan(4);
  });
});

it.each([
  ['oidc', true],
  ['client-credentials', true],
  ['gcp-cloud-sql', true],
  ['exec', false],
  ['file', false],
  ['env', false],
  ['password', false],
] as const)('of credential = "%s" (%s): nobody is asked for a fingerprint unasked', (kind, ahead) => {
  expect(isRenewedAhead(kind)).toBe(ahead);
});
