import { join } from 'node:path';
import { alice, bob, startOidcProvider, type TestProvider } from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failureOf, neverAborts, testDependencies, testDirectory } from './dependencies.testing.ts';
import { loggedIn } from './logged-in.testing.ts';
import { logout } from './logout.ts';
import { createFileStore } from './store/file-store.ts';
import { createKeychainStore } from './store/keychain-store.ts';
import { FakeKeytar } from './store/keytar.testing.ts';
import type { TokenStore } from './store/token-store.ts';

const minute = 60_000;
let provider: TestProvider;
beforeAll(async () => {
  provider = await startOidcProvider({ accessTokenTtlSeconds: 300, rotateRefreshToken: true });
});
afterAll(() => provider.stop());

const stores: Record<string, () => TokenStore> = {
  file: () => createFileStore({ directory: join(testDirectory(), 'tokens') }),
  keychain: () => {
    const keytar = new FakeKeytar();
    return createKeychainStore({ service: 'gprxy-test', loadKeytar: () => keytar, entryBytes: 2_560 });
  },
};

describe.each(Object.keys(stores))('two profiles with one issuer and one client, in the %s', (kind) => {
  it('may be two people, who are refreshed and signed out each by themselves', async () => {
    const deps = testDependencies();
    const store = (stores[kind] as () => TokenStore)();
    const work = await loggedIn(provider, { store, deps, account: 'work', user: alice.login });
    const home = await loggedIn(provider, { store, deps, account: 'home', user: bob.login });
    for (let hour = 1; hour <= 2; hour++) {
      deps.advance(10 * minute);
      const tokens = await Promise.all([work, home].map(({ source }) => source.getToken(neverAborts)));
      expect(tokens.map(({ identity }) => identity.subject)).toEqual([alice.login, bob.login]);
    }
    await logout({ ...work, revoke: true, signal: neverAborts });
    expect(await failureOf(work.source.getToken(neverAborts))).toMatchObject({ code: 'ERR_LOGIN_NEEDED' });
    deps.advance(10 * minute);
    expect(await home.source.getToken(neverAborts)).toMatchObject({ identity: { subject: bob.login } });
  });
});
