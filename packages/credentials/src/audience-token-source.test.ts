import { startOidcProvider, type TestProvider } from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AudienceTarget, createAudienceTokenSource } from './audience-token-source.ts';
import {
  failureOf,
  type MemoryStore,
  neverAborts,
  type TestDependencies,
  testDependencies,
} from './dependencies.testing.ts';
import { type LoggedIn, loggedIn } from './logged-in.testing.ts';
import { logout } from './logout.ts';
import { decodeJwt } from './oidc/decode-jwt.ts';
import { createOidcTokenSource } from './oidc-token-source.ts';

const reports = 'https://reports.corp.example';
let provider: TestProvider;
beforeAll(async () => {
  provider = await startOidcProvider();
});
afterAll(() => provider.stop());

/** The login asks for both audiences, as a provider wants it that gives out tokens for what was granted only (RFC 8707 section 2). */
function grantingReports(): TestDependencies {
  const fetch: typeof globalThis.fetch = (input, init) => {
    const isStart = String(input).includes('device/auth');
    const body = new URLSearchParams(String(init?.body ?? ''));
    if (isStart) body.append('resource', reports);
    return globalThis.fetch(input, isStart ? { ...init, body } : init);
  };
  return testDependencies({ fetch });
}

const loggedInForBoth = () => loggedIn(provider, { deps: grantingReports() });
const sourceFor = (who: LoggedIn<MemoryStore>, target: AudienceTarget) => createAudienceTokenSource({ ...who, target });
const audienceOf = (token: string) => decodeJwt(token)?.aud;

describe('a token for another audience', () => {
  it('comes out of the same login, which stays as it was but for a rotated refresh token', async () => {
    const who = await loggedInForBoth();
    const before = who.store.logins.get('prod');
    const { token, identity, expiresAt } = await sourceFor(who, { audience: reports }).getToken(neverAborts);
    expect(audienceOf(token)).toBe(reports);
    expect(identity).toMatchObject({ subject: 'alice', email: 'alice@corp.example' });
    expect(expiresAt).toBeGreaterThan(who.deps.now());
    const after = who.store.logins.get('prod');
    expect(after).toEqual({ ...before, refreshToken: expect.any(String) });
    expect(after?.refreshToken).not.toBe(before?.refreshToken);
    expect(who.deps.sent.at(-1)?.body.get('resource')).toBe(reports);
    expect(who.deps.sent.at(-1)?.body.get('audience')).toBe(reports);
  });

  it('is kept apart and given again until it is too old, by any process', async () => {
    const who = await loggedInForBoth();
    const first = await sourceFor(who, { audience: reports }).getToken(neverAborts);
    expect(await sourceFor(who, { audience: reports }).getToken(neverAborts)).toEqual(first);
    expect(who.refreshes()).toBe(1);
    who.deps.advance(250_000);
    const second = await sourceFor(who, { audience: reports }).getToken(neverAborts);
    expect(second.token).not.toBe(first.token);
    expect(who.refreshes()).toBe(2);
  });

  it('never carries a refresh token into its entry', async () => {
    const who = await loggedInForBoth();
    await sourceFor(who, { audience: reports }).getToken(neverAborts);
    const entries = [...who.store.logins].filter(([account]) => account !== 'prod');
    expect(entries).toHaveLength(1);
    expect(entries[0]?.[1]).not.toHaveProperty('refreshToken');
  });

  it('S19 is fetched once by 20 at a time, and leaves the login usable', async () => {
    const who = await loggedInForBoth();
    const sources = Array.from({ length: 20 }, () => sourceFor(who, { audience: reports }));
    const tokens = await Promise.all(sources.map((source) => source.getToken(neverAborts)));
    expect(new Set(tokens.map(({ token }) => token)).size).toBe(1);
    expect(who.refreshes()).toBe(1);
    who.deps.advance(400_000);
    const main = await createOidcTokenSource(who).getToken(neverAborts);
    expect(audienceOf(main.token)).toBe(provider.audience);
  });

  it('is told apart by its scopes', async () => {
    const who = await loggedInForBoth();
    const narrow = await sourceFor(who, { scopes: ['openid'] }).getToken(neverAborts);
    expect(who.deps.sent.at(-1)?.body.get('scope')).toBe('openid');
    const other = await sourceFor(who, { scopes: ['openid', 'email'] }).getToken(neverAborts);
    expect(other.token).not.toBe(narrow.token);
    expect(who.refreshes()).toBe(2);
  });

  it('is refused when the provider says so, with its reason', async () => {
    const who = await loggedIn(provider);
    const error = await failureOf(sourceFor(who, { audience: reports }).getToken(neverAborts));
    expect(error).toMatchObject({ code: 'ERR_PROVIDER_REFUSED' });
    expect(error.message).toContain('invalid_target');
  });

  it('is refused when the provider gave one for somebody else; the rotated refresh token is kept all the same', async () => {
    const who = await loggedIn(provider);
    const before = who.store.logins.get('prod')?.refreshToken;
    // No absolute URI, so it goes as `audience` only, which this provider does not know.
    const error = await failureOf(sourceFor(who, { audience: 'reports' }).getToken(neverAborts));
    expect(error.message).toContain(`gave a token for ${provider.audience}, not for reports`);
    expect(who.store.logins.get('prod')?.refreshToken).not.toBe(before);
    expect((await createOidcTokenSource(who).getToken(neverAborts)).token).toBeTruthy();
  });

  it('goes with the login: after logout it is neither given out nor stored', async () => {
    const who = await loggedInForBoth();
    await sourceFor(who, { audience: reports }).getToken(neverAborts);
    await logout({ ...who, revoke: false, signal: neverAborts });
    expect([...who.store.logins]).toEqual([]);
    const error = await failureOf(sourceFor(who, { audience: reports }).getToken(neverAborts));
    expect(error.code).toBe('ERR_LOGIN_NEEDED');
  });

  it('of one person is not given to another who has logged in since', async () => {
    const who = await loggedInForBoth();
    const ofAlice = await sourceFor(who, { audience: reports }).getToken(neverAborts);
    const bob = await loggedIn(provider, { deps: who.deps, store: who.store, user: 'bob' });
    const ofBob = await sourceFor(bob, { audience: reports }).getToken(neverAborts);
    expect(ofBob.identity.subject).toBe('bob');
    expect(ofBob.token).not.toBe(ofAlice.token);
  });

  it('is given though it could not be saved', async () => {
    const who = await loggedInForBoth();
    const write = who.store.write.bind(who.store);
    who.store.write = async (account, login) => {
      if (account !== 'prod') throw new Error('disk full');
      return write(account, login);
    };
    expect(audienceOf((await sourceFor(who, { audience: reports }).getToken(neverAborts)).token)).toBe(reports);
    expect(who.deps.records).toContainEqual(expect.objectContaining({ event: 'token-not-saved' }));
  });
});
