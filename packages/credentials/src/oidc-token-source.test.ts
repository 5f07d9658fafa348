import { bob, startOidcProvider, type TestProvider } from '@gprxy/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  endsAtOnce,
  failureOf,
  MemoryStore,
  neverAborts,
  settingsFor,
  testDependencies,
} from './dependencies.testing.ts';
import { loggedIn } from './logged-in.testing.ts';
import { logout } from './logout.ts';
import { createOidcTokenSource } from './oidc-token-source.ts';

const minute = 60_000;
let provider: TestProvider;
beforeAll(async () => {
  provider = await startOidcProvider({ accessTokenTtlSeconds: 300 });
});
afterAll(() => provider.stop());
afterEach(() => provider.resume());

describe('token source', () => {
  it('hands out the stored token as long as it lives', async () => {
    const { source, store, refreshes } = await loggedIn(provider);
    const stored = store.logins.get('prod');
    const { token, expiresAt, identity } = await source.getToken(neverAborts);
    expect({ token, expiresAt }).toEqual({ token: stored?.accessToken, expiresAt: stored?.expiresAt });
    expect(identity).toMatchObject({ issuer: provider.issuer, subject: 'alice', email: 'alice@corp.example' });
    expect(identity.claims.groups).toEqual(['data-eng']);
    expect(refreshes()).toBe(0);
  });

  it('reads the store once', async () => {
    const { source, store } = await loggedIn(provider);
    store.calls.length = 0;
    for (let i = 0; i < 5; i++) await source.getToken(neverAborts);
    expect(store.calls).toEqual(['read']);
  });

  it('refreshes 60 s before the end, and stores what came', async () => {
    const { source, store, deps, refreshes } = await loggedIn(provider);
    const former = store.logins.get('prod');
    deps.advance(5 * minute - 59_000);
    const { token, expiresAt } = await source.getToken(neverAborts);
    expect(refreshes()).toBe(1);
    expect(token).not.toBe(former?.accessToken);
    expect(expiresAt).toBe(deps.now() + 5 * minute);
    const stored = store.logins.get('prod');
    expect(stored?.accessToken).toBe(token);
    expect(stored?.refreshToken).not.toBe(former?.refreshToken);
    expect(stored?.email).toBe('alice@corp.example');
    expect(deps.records).toMatchObject([{ level: 'info', event: 'login-refreshed', account: 'prod' }]);
  });

  it('finds its token expired after a night of sleep', async () => {
    const { source, deps, refreshes } = await loggedIn(provider);
    await source.getToken(neverAborts);
    deps.advance(8 * 60 * minute);
    await source.getToken(neverAborts);
    expect(refreshes()).toBe(1);
  });

  it('refreshes for whoever needs a longer life than is left', async () => {
    const { source, refreshes } = await loggedIn(provider);
    await source.getToken(neverAborts, { minTtlMs: 4 * minute });
    expect(refreshes()).toBe(0);
    await source.getToken(neverAborts, { minTtlMs: 6 * minute });
    expect(refreshes()).toBe(1);
  });

  it('S19 refreshes once for many callers in one process', async () => {
    const { source, store, deps, refreshes } = await loggedIn(provider);
    deps.advance(10 * minute);
    store.calls.length = 0;
    const lives = [undefined, 30_000, 60_000, 120_000];
    const callers = Array.from({ length: 40 }, (_, i) => {
      const minTtlMs = lives[i % lives.length];
      return source.getToken(new AbortController().signal, minTtlMs === undefined ? {} : { minTtlMs });
    });
    const tokens = await Promise.all(callers);
    expect(new Set(tokens.map(({ token }) => token)).size).toBe(1);
    expect(refreshes()).toBe(1);
    // Before and under the lock, for each of the four lives that were asked for.
    expect(store.calls.filter((call) => call === 'read').length).toBeLessThanOrEqual(8);
  });

  it('sends the resource with the refresh (RFC 8707)', async () => {
    const { source, deps } = await loggedIn(provider);
    deps.advance(10 * minute);
    await source.getToken(neverAborts);
    const refresh = deps.sent.find(({ body }) => body.get('grant_type') === 'refresh_token');
    expect(refresh?.body.get('resource')).toBe(provider.audience);
  });

  it('keeps the old refresh token when no new one comes', async () => {
    const { source, store, deps } = await loggedIn(provider);
    const former = store.logins.get('prod');
    deps.advance(10 * minute);
    const body = { access_token: 'opaque', token_type: 'Bearer', expires_in: 300 };
    provider.answerNext('token', { status: 200, body });
    expect(await source.getToken(neverAborts)).toMatchObject({ token: 'opaque', identity: { subject: 'alice' } });
    expect(store.logins.get('prod')).toMatchObject({ refreshToken: former?.refreshToken, accessToken: 'opaque' });
  });
});

describe('token source, when a login is needed', () => {
  it('says so when nobody is logged in', async () => {
    const deps = testDependencies();
    const parts = { settings: settingsFor(provider), store: new MemoryStore(), account: 'my prod', deps };
    const error = await failureOf(createOidcTokenSource(parts).getToken(neverAborts));
    expect(error).toMatchObject({ code: 'ERR_LOGIN_NEEDED', hint: `Run "gprxy login --profile 'my prod'".` });
    expect(deps.sent).toEqual([]);
  });

  it('says so when the provider takes the refresh token no more, and asks it only once', async () => {
    const { source, deps, refreshes } = await loggedIn(provider);
    deps.advance(10 * minute);
    provider.answerNext('token', { status: 400, body: { error: 'invalid_grant' } });
    for (let i = 0; i < 3; i++) {
      const error = await failureOf(source.getToken(neverAborts));
      expect(error).toMatchObject({ code: 'ERR_LOGIN_NEEDED', hint: 'Run "gprxy login --profile prod".' });
    }
    expect(refreshes()).toBe(1);
  });

  it('goes on by itself once somebody logged in', async () => {
    const { source, store, deps } = await loggedIn(provider);
    deps.advance(10 * minute);
    provider.answerNext('token', { status: 400, body: { error: 'invalid_grant' } });
    await failureOf(source.getToken(neverAborts));
    await loggedIn(provider, { store, deps });
    await expect(source.getToken(neverAborts)).resolves.toMatchObject({ identity: { subject: 'alice' } });
  });

  it('looks into the store once more: somebody else may have refreshed', async () => {
    const { source, store, deps, refreshes } = await loggedIn(provider);
    const newer = await loggedIn(provider, { deps });
    deps.advance(10 * minute);
    const newest = newer.store.logins.get('prod');
    if (newest === undefined) throw new Error('not logged in');
    provider.answerNext('token', { status: 400, body: { error: 'invalid_grant' } });
    const { read } = store;
    store.read = async (account) => {
      if (refreshes() === 1) store.logins.set('prod', newest);
      return read.call(store, account);
    };
    const { token } = await source.getToken(neverAborts);
    expect(store.logins.get('prod')?.accessToken).toBe(token);
    expect(refreshes()).toBe(2);
  });

  it('says so when there is no refresh token', async () => {
    const { source, store, deps } = await loggedIn(provider);
    const { refreshToken: _, ...login } =
      store.logins.get('prod') ??
      (() => {
        throw new Error('not logged in');
      })();
    store.logins.set('prod', login);
    deps.advance(10 * minute);
    const error = await failureOf(source.getToken(neverAborts));
    expect(error).toMatchObject({ code: 'ERR_LOGIN_NEEDED', message: expect.stringContaining('alice@corp.example') });
  });

  it('never sends a refresh token to another issuer or client than it came from', async () => {
    const { store, deps, settings } = await loggedIn(provider);
    deps.advance(10 * minute);
    deps.sent.length = 0;
    for (const change of [{ issuer: 'https://evil.example' }, { clientId: 'another' }]) {
      const source = createOidcTokenSource({ settings: { ...settings, ...change }, store, account: 'prod', deps });
      expect(await failureOf(source.getToken(neverAborts))).toMatchObject({ code: 'ERR_LOGIN_NEEDED' });
    }
    expect(deps.sent).toEqual([]);
  });

  it('refuses an answer that is about another person', async () => {
    const { source, store, deps } = await loggedIn(provider);
    const former = store.logins.get('prod');
    deps.advance(10 * minute);
    const id_token = await provider.signToken({ sub: bob.login, aud: provider.clientId }, { typ: 'JWT' });
    const body = { access_token: 'of bob', token_type: 'Bearer', expires_in: 300, id_token };
    provider.answerNext('token', { status: 200, body });
    expect(await failureOf(source.getToken(neverAborts))).toMatchObject({ code: 'ERR_LOGIN_NEEDED' });
    expect(store.logins.get('prod')).toEqual(former);
  });

  it('notices that another process logged out', async () => {
    const { source, settings, store, deps } = await loggedIn(provider);
    await source.getToken(neverAborts);
    await logout({ settings, store, account: 'prod', deps, revoke: false, signal: neverAborts });
    expect(await failureOf(source.getToken(neverAborts))).toMatchObject({ code: 'ERR_LOGIN_NEEDED' });
  });

  it('notices that another process logged in as somebody else', async () => {
    const { source, store, deps } = await loggedIn(provider);
    await source.getToken(neverAborts);
    await loggedIn(provider, { store, deps, user: bob.login });
    expect(await source.getToken(neverAborts)).toMatchObject({ identity: { subject: 'bob' } });
  });
});

describe('token source, when the provider is away', () => {
  it('says that it cannot be reached, which is not that a login is needed', async () => {
    const { source, deps } = await loggedIn(provider);
    deps.advance(10 * minute);
    await provider.pause();
    const error = await failureOf(source.getToken(neverAborts));
    expect(error).toMatchObject({ code: 'ERR_PROVIDER_UNREACHABLE', message: expect.stringContaining('ECONNREFUSED') });
    await provider.resume();
    deps.advance(minute);
    await expect(source.getToken(neverAborts)).resolves.toBeDefined();
  });

  it('counts 5xx, 429 and "temporarily_unavailable" as away', async () => {
    const { source, deps } = await loggedIn(provider);
    deps.advance(10 * minute);
    const answers = [
      { status: 502, body: '<html>', headers: { 'content-type': 'text/html' } },
      { status: 500, body: { error: 'server_error' } },
      { status: 429, body: { error: 'slow_down' } },
      { status: 400, body: { error: 'temporarily_unavailable' } },
    ];
    for (const answer of answers) {
      provider.answerNext('token', answer);
      expect(await failureOf(source.getToken(neverAborts))).toMatchObject({ code: 'ERR_PROVIDER_UNREACHABLE' });
      deps.advance(minute);
    }
    await expect(source.getToken(neverAborts)).resolves.toBeDefined();
  });

  it('does not ask again at once, then ever less often', async () => {
    const { source, deps } = await loggedIn(provider);
    deps.advance(10 * minute);
    await provider.pause();
    deps.sent.length = 0;
    const secondsAtWhichItAsked: number[] = [];
    for (let tick = 0; tick < 300; tick++) {
      const before = deps.sent.length;
      await failureOf(source.getToken(neverAborts));
      if (deps.sent.length > before) secondsAtWhichItAsked.push(tick / 10);
      deps.advance(100);
    }
    expect(secondsAtWhichItAsked.slice(0, 5)).toEqual([0, 0.4, 1.2, 2.7, 5.7]);
    expect(secondsAtWhichItAsked.length).toBeLessThan(10);
  });

  it('makes do with a token that still lives for a moment, unless more was asked for', async () => {
    const { source, deps } = await loggedIn(provider);
    deps.advance(5 * minute - 30_000);
    await provider.pause();
    await expect(source.getToken(neverAborts)).resolves.toBeDefined();
    expect(await failureOf(source.getToken(neverAborts, { minTtlMs: 60_000 }))).toMatchObject({
      code: 'ERR_PROVIDER_UNREACHABLE',
    });
    deps.advance(25_000);
    expect(await failureOf(source.getToken(neverAborts))).toMatchObject({ code: 'ERR_PROVIDER_UNREACHABLE' });
  });

  it('stops waiting at once for who aborts, and for nobody else', async () => {
    const { source, deps, refreshes } = await loggedIn(provider);
    deps.advance(10 * minute);
    await provider.pause('hang');
    const [controller, patience] = [new AbortController(), new AbortController()];
    const impatient = failureOf(source.getToken(controller.signal));
    const patient = failureOf(source.getToken(patience.signal));
    await expect.poll(() => deps.sent.some(({ path }) => path.startsWith('/.well-known'))).toBe(true);
    controller.abort();
    expect(await endsAtOnce(impatient)).toBe(true);
    expect(await impatient).toMatchObject({ code: 'ERR_ABORTED' });
    expect(await endsAtOnce(patient)).toBe(false);
    patience.abort();
    expect(await patient).toMatchObject({ code: 'ERR_ABORTED' });
    expect(refreshes()).toBe(0);
  });
});
