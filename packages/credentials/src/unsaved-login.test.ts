import { startOidcProvider, type TestProvider } from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failureOf, neverAborts } from './dependencies.testing.ts';
import { CredentialError } from './errors.ts';
import { loggedIn } from './logged-in.testing.ts';
import { createOidcTokenSource } from './oidc-token-source.ts';

const minute = 60_000;
let provider: TestProvider;
beforeAll(async () => {
  provider = await startOidcProvider({ accessTokenTtlSeconds: 300, rotateRefreshToken: true });
});
afterAll(() => provider.stop());

const diskFull = () => new CredentialError('ERR_STORE_FAILED', 'cannot write prod.json (ENOSPC)');

describe('a store that fails', () => {
  it('is noticed before the provider replaces the refresh token', async () => {
    const { source, store, deps, refreshes } = await loggedIn(provider);
    deps.advance(10 * minute);
    store.failing.probe = new CredentialError('ERR_STORE_LOCKED', 'the keychain is locked');
    expect(await failureOf(source.getToken(neverAborts))).toMatchObject({ code: 'ERR_STORE_LOCKED' });
    expect(refreshes()).toBe(0);
    store.failing = {};
    await expect(source.getToken(neverAborts)).resolves.toBeDefined();
  });

  it('does not cost the new refresh token: it is kept in memory, told of, and saved later', async () => {
    const { source, store, deps, refreshes } = await loggedIn(provider);
    const former = store.logins.get('prod');
    deps.advance(10 * minute);
    store.failing.write = diskFull();
    const { token } = await source.getToken(neverAborts);
    expect(store.calls.filter((call) => call === 'write').length).toBe(1 + 4);
    expect(store.logins.get('prod')).toEqual(former);
    expect(deps.records).toContainEqual(
      expect.objectContaining({ level: 'error', event: 'login-not-saved', hint: 'Run "gprxy login --profile prod".' }),
    );
    store.failing = {};
    await source.getToken(neverAborts);
    await expect.poll(() => store.logins.get('prod')?.accessToken).toBe(token);
    await expect.poll(() => deps.records.at(-1)).toMatchObject({ event: 'login-saved' });
    expect(refreshes()).toBe(1);

    deps.advance(10 * minute);
    const another = createOidcTokenSource({
      settings: (await loggedIn(provider)).settings,
      store,
      account: 'prod',
      deps,
    });
    await expect(another.getToken(neverAborts)).resolves.toBeDefined();
  });

  it('does not end the session: the next refresh goes on from what is in memory', async () => {
    const { source, store, deps, refreshes } = await loggedIn(provider);
    deps.advance(10 * minute);
    store.failing = { write: diskFull() };
    await source.getToken(neverAborts);
    store.failing = { write: diskFull(), read: diskFull(), probe: diskFull() };
    deps.advance(10 * minute);
    await source.getToken(neverAborts);
    store.failing = {};
    deps.advance(10 * minute);
    const { token } = await source.getToken(neverAborts);
    expect(refreshes()).toBe(3);
    expect(store.logins.get('prod')?.accessToken).toBe(token);
  });

  it('gives way to a login that was made meanwhile', async () => {
    const { source, store, deps } = await loggedIn(provider);
    deps.advance(10 * minute);
    store.failing.write = diskFull();
    await source.getToken(neverAborts);
    store.failing = {};
    await loggedIn(provider, { store, deps, user: 'bob' });
    expect(await source.getToken(neverAborts)).toMatchObject({ identity: { subject: 'bob' } });
    expect(store.logins.get('prod')?.subject).toBe('bob');
  });

  it('makes do with the token in memory while it lives', async () => {
    const { source, store, deps } = await loggedIn(provider);
    await source.getToken(neverAborts);
    deps.advance(5 * minute - 30_000);
    store.failing.read = new CredentialError('ERR_STORE_LOCKED', 'the keychain is locked');
    await expect(source.getToken(neverAborts)).resolves.toBeDefined();
    deps.advance(minute);
    expect(await failureOf(source.getToken(neverAborts))).toMatchObject({ code: 'ERR_STORE_LOCKED' });
  });
});
