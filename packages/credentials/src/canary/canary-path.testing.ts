import { createCanary, type TestProvider } from '@gprxy/testkit';
import {
  exampleLogin,
  MemoryStore,
  settingsFor,
  type TestDependencies,
  testDependencies,
} from '../dependencies.testing.ts';
import { createOidcTokenSource } from '../oidc-token-source.ts';

/** In every token, code, claim and password of these tests. */
export const canary = createCanary();

/** One way in which something goes wrong near a secret. */
export interface CanaryPath {
  readonly name: string;
  /** Gives back all that people and logs get to see of it. */
  run(provider: TestProvider): Promise<readonly unknown[]>;
}

export type Answer = Parameters<TestProvider['answerNext']>[1];

/** A login whose token is over and whose tokens are canaries. */
export function expired(provider: TestProvider, fetch?: typeof globalThis.fetch) {
  const deps = testDependencies(fetch === undefined ? {} : { fetch });
  const settings = settingsFor(provider);
  const store = new MemoryStore();
  const tokens = { accessToken: `access-${canary}`, refreshToken: `refresh-${canary}`, expiresAt: 0 };
  store.logins.set('prod', exampleLogin({ issuer: settings.issuer, ...tokens, claims: { canary } }));
  const parts = { settings, store, account: 'prod', deps };
  return { ...parts, source: createOidcTokenSource(parts) };
}

/** The error, or nothing: some odd answers are good enough, and a token that was asked for is no leak. */
export function failed(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** Ends a login after one poll, however that was answered. */
export function stopAfterFirstPoll(deps: TestDependencies) {
  const controller = new AbortController();
  const sleep = async (ms: number, signal: AbortSignal) => {
    if (deps.sent.some(({ path, body }) => path === '/token' && body.has('device_code'))) controller.abort();
    await deps.sleep?.(ms, signal);
  };
  return { deps: { ...deps, sleep }, signal: controller.signal };
}
