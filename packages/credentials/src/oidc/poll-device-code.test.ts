import { startOidcProvider, type TestProvider } from '@gprxy/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { failureOf, settingsFor, testDependencies, withPlot } from '../dependencies.testing.ts';
import { approve, deny, loginWithDevice, nothing, play } from './device-login.testing.ts';

const deviceCodeTtlSeconds = 120;
let provider: TestProvider;
beforeAll(async () => {
  provider = await startOidcProvider({ interval: 1, deviceCodeTtlSeconds });
});
afterAll(() => provider.stop());
afterEach(() => provider.resume());

function gaps(polls: readonly { at: number }[]): number[] {
  return polls.slice(1).map(({ at }, index) => at - (polls[index]?.at ?? 0));
}

describe('polling', () => {
  it('S33 waits for the interval before every poll', async () => {
    const { result, polls } = play(provider, {}, nothing, nothing, nothing, approve);
    await result;
    expect(gaps(polls())).toEqual([1_000, 1_000, 1_000]);
  });

  it('S33 waits for 5 s where the provider names no interval (RFC 8628, 3.2)', async () => {
    const { fetch } = globalThis;
    const deps = testDependencies({
      fetch: async (input, init) => {
        const response = await fetch(input, init);
        if (!String(input).endsWith('/device/auth')) return response;
        const { interval: _, ...rest } = (await response.json()) as Record<string, unknown>;
        return Response.json(rest);
      },
    });
    const controller = new AbortController();
    const stopping = withPlot(deps, [nothing, nothing, () => controller.abort()]);
    await failureOf(loginWithDevice(settingsFor(provider), stopping, nothing, controller.signal));
    expect(deps.sleeps).toEqual([5_000, 5_000]);
  });

  it('S33 slows down by 5 s for good, each time that it is told to', async () => {
    const slowDown = () => provider.answerNext('token', { status: 400, body: { error: 'slow_down' } });
    const { result, polls } = play(provider, {}, slowDown, nothing, slowDown, nothing, approve);
    await result;
    expect(gaps(polls())).toEqual([6_000, 6_000, 11_000, 11_000]);
  });

  it('S33 keeps to a slower pace after the network was gone', async () => {
    const { result, polls } = play(
      provider,
      {},
      () => provider.answerNext('token', { status: 400, body: { error: 'slow_down' } }),
      () => provider.pause(),
      () => provider.resume(),
      approve,
    );
    await result;
    expect(gaps(polls())).toEqual([6_000, 12_000, 6_000]);
  });

  it('S33 reports a refusal as such', async () => {
    const error = await failureOf(play(provider, {}, deny).result);
    expect(error).toMatchObject({ code: 'ERR_LOGIN_DENIED', hint: 'Run "gprxy login".' });
  });

  it('S33 reports a code that expired by the provider', async () => {
    const expired = () => provider.answerNext('token', { status: 400, body: { error: 'expired_token' } });
    const error = await failureOf(play(provider, {}, expired).result);
    expect(error).toMatchObject({ code: 'ERR_LOGIN_EXPIRED', hint: 'Run "gprxy login".' });
  });

  it('S33 stops by itself when the code has expired', async () => {
    const { result, deps, polls } = play(provider, {}, nothing);
    expect(await failureOf(result)).toMatchObject({ code: 'ERR_LOGIN_EXPIRED' });
    expect(polls().length).toBe(deviceCodeTtlSeconds - 1);
    expect(Math.max(...deps.sent.map(({ at }) => at)) - (deps.sent[0]?.at ?? 0)).toBeLessThan(120_000);
  });

  it('S33 notices that the code expired while the laptop slept', async () => {
    const story = play(provider, {}, nothing, () => story.deps.advance(3_600_000));
    expect(await failureOf(story.result)).toMatchObject({ code: 'ERR_LOGIN_EXPIRED' });
    expect(story.polls().length).toBe(1);
  });

  it('S33 survives the loss of the network, asking ever more slowly', async () => {
    const { result, polls } = play(
      provider,
      {},
      () => provider.pause(),
      nothing,
      nothing,
      nothing,
      () => provider.resume(),
      approve,
    );
    await expect(result).resolves.toMatchObject({ subject: 'alice' });
    expect(gaps(polls())).toEqual([2_000, 4_000, 8_000, 16_000, 1_000]);
  });

  it('S33 reports a provider that stayed away until the code expired as unreachable, not as expired', async () => {
    const { result, polls } = play(provider, {}, () => provider.pause());
    const error = await failureOf(result);
    expect(error).toMatchObject({ code: 'ERR_PROVIDER_UNREACHABLE', hint: expect.stringContaining('curl ') });
    expect(error.message).toContain('ECONNREFUSED');
    expect(Math.min(...gaps(polls()))).toBeGreaterThanOrEqual(2_000);
  });

  it('waits as long as a busy provider asks for', async () => {
    const busy = () => provider.answerNext('token', { status: 503, headers: { 'retry-after': '20' } });
    const { result, polls } = play(provider, {}, busy, approve);
    await result;
    expect(gaps(polls())).toEqual([20_000]);
  });

  it('gives up at once on an error that more polls do not mend', async () => {
    const { result, polls } = play(provider, {}, () =>
      provider.answerNext('token', { status: 400, body: { error: 'invalid_client' } }),
    );
    expect(await failureOf(result)).toMatchObject({ code: 'ERR_PROVIDER_REFUSED' });
    expect(polls().length).toBe(1);
  });

  it('S33 never polls early by the real clock either', async () => {
    const { sleep: _, ...real } = testDependencies();
    const at: number[] = [];
    const fetch: typeof globalThis.fetch = (input, init) => {
      if (String(input).endsWith('/token')) at.push(performance.now());
      return real.fetch(input, init);
    };
    const controller = new AbortController();
    const stopAfterThree: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      if (at.length === 3) controller.abort();
      return response;
    };
    const deps = { ...real, fetch: stopAfterThree };
    await failureOf(loginWithDevice(settingsFor(provider), deps, nothing, controller.signal));
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(1_000);
    expect((at[2] ?? 0) - (at[1] ?? 0)).toBeGreaterThanOrEqual(1_000);
  });
});
