import { alice, type TestProvider } from '@gprxy/testkit';
import {
  MemoryStore,
  neverAborts,
  settingsFor,
  type TestDependencies,
  testDependencies,
  withPlot,
} from './dependencies.testing.ts';
import { login } from './login.ts';
import { createOidcTokenSource, type OidcTokenSourceOptions } from './oidc-token-source.ts';
import type { TokenStore } from './store/token-store.ts';
import type { TokenSource } from './token-source.ts';

export interface LoggedIn<Store extends TokenStore> extends OidcTokenSourceOptions {
  store: Store;
  deps: TestDependencies;
  source: TokenSource;
  /** How many refreshes were asked for. */
  refreshes(): number;
}

/** Signs a person in at the provider, through its own pages, and gives what a program then works with. */
export async function loggedIn<Store extends TokenStore = MemoryStore>(
  provider: TestProvider,
  options: { store?: Store; deps?: TestDependencies; user?: string; account?: string } = {},
): Promise<LoggedIn<Store>> {
  const deps = options.deps ?? testDependencies();
  const store = options.store ?? (new MemoryStore() as unknown as Store);
  const settings = settingsFor(provider);
  const account = options.account ?? 'prod';
  let uri = '';
  const approving = withPlot(deps, [() => provider.approve(uri, options.user ?? alice.login)]);
  await login({
    settings,
    store,
    account,
    deps: approving,
    show: (prompt) => {
      if (prompt.kind === 'device') uri = prompt.verificationUriComplete ?? '';
    },
    signal: neverAborts,
  });
  const parts = { settings, store, account, deps };
  const refreshes = () => deps.sent.filter(({ body }) => body.get('grant_type') === 'refresh_token').length;
  return { ...parts, source: createOidcTokenSource(parts), refreshes };
}
