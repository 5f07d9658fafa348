import { startOidcProvider, type TestProvider } from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { failureOf, MemoryStore, neverAborts, settingsFor, testDependencies } from '../dependencies.testing.ts';
import { joinLoginUnderWay, login } from '../login.ts';
import type { DevicePrompt, LoginPrompt } from '../oidc/login-prompt.ts';
import { createOidcTokenSource } from '../oidc-token-source.ts';

let provider: TestProvider;
beforeAll(async () => {
  provider = await startOidcProvider();
});
afterAll(() => provider.stop());

function machine() {
  const { sleep: _, ...deps } = testDependencies({ now: Date.now });
  const place = { settings: settingsFor(provider), store: new MemoryStore(), account: 'prod', deps };
  const begin = () => {
    const controller = new AbortController();
    onTestFinished(() => controller.abort());
    const prompt = withResolvers<LoginPrompt>();
    const result = login({ ...place, show: prompt.resolve, signal: controller.signal });
    result.catch(() => undefined);
    return { result, prompt: prompt.promise as Promise<DevicePrompt> };
  };
  return { place, begin };
}

describe('who joins a login and begins none', () => {
  it('is told at once that there is none', async () => {
    const { place } = machine();
    expect(await joinLoginUnderWay({ ...place, show: () => {}, signal: neverAborts })).toBe(false);
    expect(place.deps.sent).toEqual([]);
  });

  it('sees what the other shows, and learns that it went well', async () => {
    const { place, begin } = machine();
    const first = begin();
    const { userCode, verificationUriComplete = '' } = await first.prompt;
    const shown = withResolvers<LoginPrompt>();
    const joined = joinLoginUnderWay({ ...place, show: shown.resolve, signal: neverAborts });
    expect(await shown.promise).toMatchObject({ userCode, begunBy: process.pid });
    await provider.approve(verificationUriComplete);
    expect(await joined).toBe(true);
    await first.result;
  });

  it('learns that it was denied', async () => {
    const { place, begin } = machine();
    const first = begin();
    const { verificationUriComplete = '' } = await first.prompt;
    const joined = joinLoginUnderWay({ ...place, show: () => {}, signal: neverAborts });
    await provider.deny(verificationUriComplete);
    expect(await joined).toBe(false);
    expect(await failureOf(first.result)).toMatchObject({ code: 'ERR_LOGIN_DENIED' });
  });
});

it('a token that is not to wait for a person fails at once', async () => {
  const { place, begin } = machine();
  await begin().prompt;
  const source = createOidcTokenSource(place);
  expect(await failureOf(source.getToken(neverAborts, { joinsLogin: false }))).toMatchObject({
    code: 'ERR_LOGIN_NEEDED',
  });
});

/** Node 20 has no `Promise.withResolvers`. */
function withResolvers<T>() {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
