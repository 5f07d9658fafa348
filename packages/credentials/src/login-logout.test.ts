import { chmodSync } from 'node:fs';
import { startOidcProvider, type TestProvider } from '@gprxy/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  failureOf,
  MemoryStore,
  neverAborts,
  settingsFor,
  testDependencies,
  testDirectory,
} from './dependencies.testing.ts';
import { CredentialError } from './errors.ts';
import { loggedIn } from './logged-in.testing.ts';
import { login } from './login.ts';
import { logout } from './logout.ts';
import { createOidcTokenSource } from './oidc-token-source.ts';
import { DamagedLogin } from './store/unreadable-login.ts';

let provider: TestProvider;
beforeAll(async () => {
  provider = await startOidcProvider();
});
afterAll(() => provider.stop());
afterEach(() => provider.resume());

describe('login', () => {
  it('probes the store before it bothers anybody', async () => {
    const deps = testDependencies();
    const store = new MemoryStore();
    store.failing.probe = new CredentialError('ERR_STORE_ABSENT', 'there is no keychain');
    const show = () => expect.unreachable();
    const work = login({ settings: settingsFor(provider), store, account: 'prod', deps, show, signal: neverAborts });
    expect(await failureOf(work)).toMatchObject({ code: 'ERR_STORE_ABSENT' });
    expect(deps.sent).toEqual([]);
  });

  it('makes sure of the lock before it bothers anybody', async () => {
    const lockDirectory = testDirectory();
    chmodSync(lockDirectory, 0o755);
    const deps = testDependencies({ lockDirectory });
    const show = () => expect.unreachable();
    const options = { settings: settingsFor(provider), store: new MemoryStore(), account: 'prod', deps, show };
    expect(await failureOf(login({ ...options, signal: neverAborts }))).toMatchObject({ code: 'ERR_STORE_FAILED' });
    expect(deps.sent).toEqual([]);
  });

  it('stores what it returns', async () => {
    const { store } = await loggedIn(provider);
    expect(store.calls).toEqual(['probe', 'write']);
    expect(store.logins.get('prod')).toMatchObject({ subject: 'alice', issuer: provider.issuer });
  });

  it('names the profile in its hints', async () => {
    const deps = testDependencies();
    provider.answerNext('token', { status: 400, body: { error: 'access_denied' } });
    const show = () => undefined;
    const options = { settings: settingsFor(provider), store: new MemoryStore(), account: 'prod', deps, show };
    const error = await failureOf(login({ ...options, signal: neverAborts }));
    expect(error).toMatchObject({ code: 'ERR_LOGIN_DENIED', hint: 'Run "gprxy login --profile prod".' });
  });
});

describe('logout', () => {
  it('finds nothing to forget where there is no keychain and nobody has ever signed in', async () => {
    const store = new MemoryStore();
    const absent = new CredentialError('ERR_STORE_ABSENT', 'there is no keychain');
    store.failing.read = absent;
    const options = { settings: settingsFor(provider), account: 'prod', revoke: true, signal: neverAborts };
    const nothing = { removed: false, revoked: false };
    expect(await logout({ ...options, store, deps: testDependencies() })).toEqual(nothing);
  });

  it('does not take a keychain that has gone for one without a login', async () => {
    const { store, ...rest } = await loggedIn(provider);
    const absent = new CredentialError('ERR_STORE_ABSENT', 'there is no keychain');
    store.failing.read = absent;
    const failed = await failureOf(logout({ ...rest, store, revoke: true, signal: neverAborts }));
    expect(failed).toMatchObject({ code: 'ERR_STORE_ABSENT' });
  });

  it('removes the login and revokes it at the provider (RFC 7009)', async () => {
    const { store, ...rest } = await loggedIn(provider);
    const stored = store.logins.get('prod');
    const result = await logout({ ...rest, store, revoke: true, signal: neverAborts });
    expect(result).toEqual({ removed: true, revoked: true });
    expect(store.logins.size).toBe(0);
    const revocations = rest.deps.sent.filter(({ path }) => path === '/token/revocation').map(({ body }) => body);
    expect(revocations.map((body) => [body.get('token'), body.get('token_type_hint')])).toEqual([
      [stored?.refreshToken, 'refresh_token'],
      [stored?.accessToken, 'access_token'],
    ]);

    if (stored !== undefined) store.logins.set('prod', { ...stored, expiresAt: 0 });
    const source = createOidcTokenSource({ ...rest, store });
    expect(await failureOf(source.getToken(neverAborts))).toMatchObject({ code: 'ERR_LOGIN_NEEDED' });
  });

  it('removes the login and says that it was not revoked when the provider is away', async () => {
    const { store, ...rest } = await loggedIn(provider);
    await provider.pause();
    const result = await logout({ ...rest, store, revoke: true, signal: neverAborts });
    expect(result).toMatchObject({ removed: true, revoked: false, warning: expect.stringContaining('ECONNREFUSED') });
    expect(store.logins.size).toBe(0);
  });

  it('does not revoke when told not to', async () => {
    const { store, ...rest } = await loggedIn(provider);
    rest.deps.sent.length = 0;
    const result = await logout({ ...rest, store, revoke: false, signal: neverAborts });
    expect(result).toEqual({ removed: true, revoked: false });
    expect(rest.deps.sent).toEqual([]);
  });

  it('has removed the login when it is interrupted while it revokes', async () => {
    const { store, ...rest } = await loggedIn(provider);
    await provider.pause('hang');
    const interrupted = new AbortController();
    rest.deps.sent.length = 0;
    const result = logout({ ...rest, store, revoke: true, signal: interrupted.signal });
    await expect.poll(() => rest.deps.sent.length).toBe(1);
    interrupted.abort();
    expect(await result).toMatchObject({ removed: true, revoked: false, warning: expect.any(String) });
    expect(store.logins.size).toBe(0);
  });

  it('has nothing to do when nobody is logged in', async () => {
    const deps = testDependencies();
    const options = { settings: settingsFor(provider), store: new MemoryStore(), account: 'prod', deps };
    expect(await logout({ ...options, revoke: true, signal: neverAborts })).toEqual({ removed: false, revoked: false });
    expect(deps.sent).toEqual([]);
  });

  it('removes a damaged login too', async () => {
    const { store, ...rest } = await loggedIn(provider);
    store.failing.read = new DamagedLogin('prod');
    const result = await logout({ ...rest, store, revoke: true, signal: neverAborts });
    expect(result).toMatchObject({
      removed: true,
      revoked: false,
      warning: expect.stringContaining('could not be read'),
    });
  });

  it('does not claim to have removed what a locked keychain still has', async () => {
    const { store, ...rest } = await loggedIn(provider);
    store.failing.read = new CredentialError('ERR_STORE_LOCKED', 'the keychain is locked');
    const error = await failureOf(logout({ ...rest, store, revoke: true, signal: neverAborts }));
    expect(error).toMatchObject({ code: 'ERR_STORE_LOCKED' });
    expect(store.logins.size).toBe(1);
  });

  it('revokes at the issuer that the token came from, whatever the profile says by now', async () => {
    const { store, settings, ...rest } = await loggedIn(provider);
    const changed = { ...settings, issuer: 'https://evil.example', clientId: 'another' };
    const result = await logout({ ...rest, store, settings: changed, revoke: true, signal: neverAborts });
    expect(result).toEqual({ removed: true, revoked: true });
  });
});
