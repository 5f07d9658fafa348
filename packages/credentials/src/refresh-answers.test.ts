import { alice, bob, startOidcProvider, type TestProvider } from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failureOf, neverAborts } from './dependencies.testing.ts';
import { loggedIn } from './logged-in.testing.ts';
import { createOidcTokenSource } from './oidc-token-source.ts';

const minute = 60_000;
let provider: TestProvider;
beforeAll(async () => {
  provider = await startOidcProvider({ accessTokenTtlSeconds: 300 });
});
afterAll(() => provider.stop());

const html = { 'content-type': 'text/html; charset=utf-8' };

/** A login whose token has just expired, and what the provider answers to the refresh. */
async function expiredWith(answer: Record<string, unknown>) {
  const parts = await loggedIn(provider);
  parts.deps.advance(10 * minute);
  provider.answerNext('token', { status: 200, body: { access_token: 'opaque', token_type: 'Bearer', ...answer } });
  return parts;
}

describe('the life of a refreshed token', () => {
  it.each([
    { expires_in: 120, lifetimeMs: 120_000 },
    { expires_in: '120', lifetimeMs: 120_000 },
    { expires_in: undefined, lifetimeMs: 5 * minute },
    { expires_in: 0, lifetimeMs: 5 * minute },
    { expires_in: null, lifetimeMs: 5 * minute },
    { expires_in: -1, lifetimeMs: 5 * minute },
    { expires_in: 'never', lifetimeMs: 5 * minute },
    { expires_in: {}, lifetimeMs: 5 * minute },
    { expires_in: 1e18, lifetimeMs: 366 * 24 * 60 * minute },
  ])('is $lifetimeMs ms for expires_in $expires_in, and the new refresh token is kept', async (example) => {
    const { source, store, deps } = await expiredWith({ expires_in: example.expires_in, refresh_token: 'the new one' });
    const { expiresAt } = await source.getToken(neverAborts);
    expect(expiresAt).toBe(deps.now() + example.lifetimeMs);
    expect(store.logins.get('prod')?.refreshToken).toBe('the new one');
  });

  it('is never longer than the token itself says, whatever the local clock shows', async () => {
    const longAgo = Math.trunc(Date.now() / 1000) - 90_000;
    const access_token = await provider.signToken({ iat: longAgo, exp: longAgo + 200 });
    for (const expires_in of [3_600, undefined]) {
      const { source, deps } = await expiredWith({ access_token, expires_in });
      const { token, expiresAt } = await source.getToken(neverAborts);
      expect({ token, expiresAt }).toEqual({ token: access_token, expiresAt: deps.now() + 200_000 });
    }
  });

  it('does not hang on an ID token that a wrong clock takes for expired', async () => {
    const longAgo = Math.trunc(Date.now() / 1000) - 90_000;
    const claims = { sub: alice.login, aud: provider.clientId, iat: longAgo, exp: longAgo + 200 };
    const id_token = await provider.signToken(claims, { typ: 'JWT' });
    const { source, store } = await expiredWith({ id_token, expires_in: 300, refresh_token: 'the new one' });
    await source.getToken(neverAborts);
    expect(store.logins.get('prod')?.refreshToken).toBe('the new one');
  });

  it('ends when the clock is set back to before it began', async () => {
    const { source, deps, refreshes } = await loggedIn(provider);
    await source.getToken(neverAborts);
    deps.advance(-60 * minute);
    await source.getToken(neverAborts);
    expect(refreshes()).toBe(1);
    deps.advance(minute);
    await source.getToken(neverAborts);
    expect(refreshes()).toBe(1);
  });

  it('is used up to its last quarter where it is shorter than what is usually wanted', async () => {
    const { source, deps, refreshes } = await expiredWith({ expires_in: 40 });
    const first = await source.getToken(neverAborts);
    deps.advance(29_000);
    expect(await source.getToken(neverAborts)).toEqual(first);
    deps.advance(2_000);
    await source.getToken(neverAborts);
    expect(refreshes()).toBe(2);
  });
});

describe('a refresh', () => {
  it('that grants less than before is told of', async () => {
    const { source, store, deps } = await expiredWith({ expires_in: 300, scope: 'openid offline_access' });
    await source.getToken(neverAborts);
    expect(deps.records).toContainEqual(
      expect.objectContaining({ level: 'warn', event: 'scopes-lost', message: expect.stringContaining('db:connect') }),
    );
    expect(store.logins.get('prod')?.scope).toBe('openid offline_access');
  });

  it("that brings another person's access token is refused, also without an ID token", async () => {
    const access_token = await provider.signToken({ sub: bob.login });
    const { source, store } = await expiredWith({ access_token, expires_in: 300, refresh_token: 'of bob' });
    const former = store.logins.get('prod');
    expect(await failureOf(source.getToken(neverAborts))).toMatchObject({
      code: 'ERR_LOGIN_NEEDED',
      message: expect.stringContaining('another person'),
    });
    expect(store.logins.get('prod')).toEqual(former);
  });

  it('finds the refresh token of its memory where the stored login was damaged, and mends it', async () => {
    const { source, store, deps, settings } = await loggedIn(provider);
    await source.getToken(neverAborts);
    deps.advance(10 * minute);
    const { DamagedLogin } = await import('./store/unreadable-login.ts');
    store.failing.read = new DamagedLogin('prod');
    const another = createOidcTokenSource({ settings, store, account: 'prod', deps });
    expect(await failureOf(another.getToken(neverAborts))).toMatchObject({ code: 'ERR_LOGIN_NEEDED' });
    const { token } = await source.getToken(neverAborts);
    expect(deps.records).toContainEqual(expect.objectContaining({ event: 'stored-login-damaged' }));
    store.failing = {};
    expect((await another.getToken(neverAborts)).token).toBe(token);
  });
});

describe('an answer that is no refusal of the login', () => {
  it.each([
    { status: 200, body: '<html>Welcome to the hotel</html>', headers: html },
    { status: 403, body: '<html>Blocked by your proxy</html>', headers: html },
    { status: 404, body: '<html>', headers: html },
  ])('is a web page with HTTP $status: the provider counts as out of reach', async (answer) => {
    const { source, deps } = await loggedIn(provider);
    deps.advance(10 * minute);
    provider.answerNext('token', answer);
    const error = await failureOf(source.getToken(neverAborts));
    expect(error).toMatchObject({ code: 'ERR_PROVIDER_UNREACHABLE', message: expect.stringContaining('web page') });
    deps.advance(minute);
    await expect(source.getToken(neverAborts)).resolves.toBeDefined();
  });

  it.each([
    ['seconds', { 'retry-after': '60' }],
    ['a date', { 'retry-after': 'Tue, 01 Jan 2030 12:01:00 GMT', date: 'Tue, 01 Jan 2030 12:00:00 GMT' }],
  ])('is 429 with Retry-After as %s, which is honoured', async (_, headers) => {
    const { source, deps, refreshes } = await loggedIn(provider);
    deps.advance(10 * minute);
    provider.answerNext('token', { status: 429, headers });
    await failureOf(source.getToken(neverAborts));
    deps.advance(59_000);
    expect(await failureOf(source.getToken(neverAborts))).toMatchObject({ code: 'ERR_PROVIDER_UNREACHABLE' });
    expect(refreshes()).toBe(1);
    deps.advance(10_000);
    await expect(source.getToken(neverAborts)).resolves.toBeDefined();
  });

  it('does not keep a clock that was set back from asking again', async () => {
    const { source, deps } = await loggedIn(provider);
    deps.advance(10 * minute);
    provider.answerNext('token', { status: 503 });
    await failureOf(source.getToken(neverAborts));
    deps.advance(-30 * minute);
    await expect(source.getToken(neverAborts)).resolves.toBeDefined();
  });

  it('is none at all for a while: who has patience for 20 ms goes on with the present token', async () => {
    const { source, store, deps } = await loggedIn(provider);
    const { accessToken } = store.logins.get('prod') ?? {};
    await source.getToken(neverAborts);
    deps.advance(4 * minute + 1_000);
    const body = { access_token: 'renewed', token_type: 'Bearer', expires_in: 300 };
    provider.answerNext('token', { status: 200, body, afterMs: 500 });
    expect((await source.getToken(neverAborts, { patienceMs: 20 })).token).toBe(accessToken);
    await expect.poll(() => store.logins.get('prod')?.accessToken).toBe('renewed');
    expect((await source.getToken(neverAborts, { patienceMs: 20 })).token).toBe('renewed');
  });

  it('leaves the present token in use while it lives, and asks less and less often', async () => {
    const { source, store, deps, refreshes } = await loggedIn(provider);
    const { accessToken } = store.logins.get('prod') ?? {};
    deps.advance(4 * minute + 1_000);
    for (const body of [{ error: 'invalid_client' }, { error: 'unauthorized_client' }]) {
      provider.answerNext('token', { status: 400, body });
      for (let connection = 0; connection < 5; connection++) {
        expect((await source.getToken(neverAborts)).token).toBe(accessToken);
      }
      deps.advance(minute / 4);
    }
    expect(refreshes()).toBe(2);
  });
});
