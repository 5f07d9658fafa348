import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { startOidcProvider, type TestProvider } from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  exampleLogin,
  failureOf,
  MemoryStore,
  neverAborts,
  settingsFor,
  type TestDependencies,
  testDependencies,
  testDirectory,
} from './dependencies.testing.ts';
import { login } from './login.ts';
import { logout } from './logout.ts';
import { createOidcTokenSource } from './oidc-token-source.ts';
import { createFileStore } from './store/file-store.ts';
import { createKeychainStore } from './store/keychain-store.ts';
import { FakeKeytar } from './store/keytar.testing.ts';

/** In every token, code and claim of these tests, in every encoding that it may take on its way. */
const canary = 'canary0canary0canary0canary0canary0canary';
const encoded = ['base64', 'base64url', 'hex'].map((encoding) =>
  // Without the ends, which depend on what stands around it.
  Buffer.from(canary)
    .toString(encoding as BufferEncoding)
    .slice(4, 30),
);

let provider: TestProvider;
beforeAll(async () => {
  provider = await startOidcProvider();
});
afterAll(() => provider.stop());

/** Everything that a log, a crash report or a careless `console.log(error)` would show. */
function expectNoCanary(...shown: unknown[]): void {
  for (const value of shown) {
    const text = `${inspect(value, { depth: 12, showHidden: true, getters: true })}${JSON.stringify(value)}${String(value)}`;
    expect(text).not.toContain('canary0');
    for (const form of encoded) expect(text).not.toContain(form);
  }
}

const stolen = { access_token: `access-${canary}`, refresh_token: `refresh-${canary}`, token_type: 'Bearer' };
const jwt = (claims: object) =>
  ['{"alg":"ES256"}', JSON.stringify(claims), canary].map((part) => Buffer.from(part).toString('base64url')).join('.');

const tokenAnswers: Record<string, Parameters<TestProvider['answerNext']>[1]> = {
  'invalid_grant that quotes the token': {
    status: 400,
    body: { error: 'invalid_grant', error_description: `refresh-${canary} was used before`, error_uri: canary },
  },
  'an error that is the token': { status: 400, body: { error: canary } },
  'invalid_client that quotes the token': { status: 401, body: { error: 'invalid_client', error_description: canary } },
  'a challenge that quotes the token': { status: 401, headers: { 'www-authenticate': `Bearer realm="${canary}"` } },
  HTML: { status: 400, body: `<html>${canary}`, headers: { 'content-type': 'text/html' } },
  'a redirect': { status: 302, headers: { location: `https://evil.example/?token=${canary}` } },
  '500 with the token': { status: 500, body: { error: 'server_error', error_description: canary } },
  '503 with the token': { status: 503, body: canary },
  '429 with the token': { status: 429, body: { error: 'slow', error_description: canary } },
  'no JSON': { status: 200, body: `{"access_token":"${canary}` },
  'another content type': { status: 200, body: canary, headers: { 'content-type': 'text/plain' } },
  'an array': { status: 200, body: [canary] },
  'no token_type': { status: 200, body: { ...stolen, token_type: undefined } },
  'an unknown token_type': { status: 200, body: { ...stolen, token_type: canary } },
  'a strange expires_in': { status: 200, body: { ...stolen, expires_in: { canary } } },
  'a refresh token that is an object': { status: 200, body: { ...stolen, refresh_token: { canary } } },
  'a scope that is an object': { status: 200, body: { ...stolen, scope: { canary } } },
  'an ID token that is none': { status: 200, body: { ...stolen, id_token: canary } },
  'an ID token without claims': { status: 200, body: { ...stolen, id_token: jwt({}) } },
  'an ID token of another issuer': {
    status: 200,
    body: { ...stolen, id_token: jwt({ iss: canary, aud: 'gprxy-cli', sub: canary, iat: 1, exp: 9_999_999_999 }) },
  },
};

function expired(fetch?: typeof globalThis.fetch) {
  const deps = testDependencies(fetch === undefined ? {} : { fetch });
  const settings = settingsFor(provider);
  const store = new MemoryStore();
  const tokens = { accessToken: `access-${canary}`, refreshToken: `refresh-${canary}`, expiresAt: 0 };
  store.logins.set('prod', exampleLogin({ issuer: settings.issuer, ...tokens, claims: { canary } }));
  const parts = { settings, store, account: 'prod', deps };
  return { ...parts, source: createOidcTokenSource(parts) };
}

describe('S18 no token in an error or a log', () => {
  it.each(Object.entries(tokenAnswers))('when a refresh is answered with %s', async (_, answer) => {
    const { source, deps } = expired();
    provider.answerNext('token', answer);
    expectNoCanary(await failureOf(source.getToken(neverAborts)), deps.records);
    expectNoCanary(await failureOf(source.getToken(neverAborts)));
  });

  const broken: Record<string, () => unknown> = {
    'an error that quotes the request': () => new Error(`POST refresh_token=refresh-${canary} failed`),
    'a network error that quotes the request': () =>
      new TypeError('fetch failed', { cause: Object.assign(new Error(`sent refresh-${canary}`), { code: 'EPIPE' }) }),
    'a time limit': () => new DOMException(canary, 'TimeoutError'),
    'something that is no error': () => ({ canary }),
  };
  it.each(Object.entries(broken))('when fetch fails with %s', async (_, make) => {
    const { source, deps } = expired(async (input, init) => {
      if (String(input).endsWith('/token')) throw make();
      return globalThis.fetch(input, init);
    });
    expectNoCanary(await failureOf(source.getToken(neverAborts)), deps.records);
  });

  it.each(Object.entries(tokenAnswers))('when a poll is answered with %s', async (_, answer) => {
    const deps = testDependencies();
    const show = () => provider.answerNext('token', answer);
    const options = { settings: settingsFor(provider), store: new MemoryStore(), account: 'prod', deps, show };
    const stopped = stopAfterFirstPoll(deps);
    expectNoCanary(await failureOf(login({ ...options, deps: stopped.deps, signal: stopped.signal })), deps.records);
  });

  it.each([
    ['no JSON', { status: 200, body: `{"device_code":"${canary}` }],
    ['a missing user code', { status: 200, body: { device_code: canary } }],
    [
      'a strange lifetime',
      { status: 200, body: { device_code: canary, user_code: 'A', verification_uri: 'x', expires_in: canary } },
    ],
    ['an error', { status: 400, body: { error: 'invalid_request', error_description: canary } }],
  ])('when the device authorization is answered with %s', async (_, answer) => {
    const deps = testDependencies();
    provider.answerNext('device_authorization', answer);
    const options = { settings: settingsFor(provider), store: new MemoryStore(), account: 'prod', deps };
    expectNoCanary(await failureOf(login({ ...options, show: () => undefined, signal: neverAborts })));
  });

  it.each([
    ['an error', { status: 400, body: { error: 'unsupported_token_type', error_description: `refresh-${canary}` } }],
    ['503', { status: 503, body: canary }],
    ['HTML', { status: 404, body: canary, headers: { 'content-type': 'text/html' } }],
  ])('when a revocation is answered with %s', async (_, answer) => {
    provider.answerNext('revocation', answer);
    const result = await logout({ ...expired(), revoke: true, signal: neverAborts });
    expect(result.warning).toBeTypeOf('string');
    expectNoCanary(result);
  });

  it('when the metadata is damaged', async () => {
    for (const body of [canary, { issuer: { canary } }, { issuer: provider.issuer, token_endpoint: { canary } }]) {
      provider.answerNext('discovery', { status: 200, body });
      expectNoCanary(await failureOf(expired().source.getToken(neverAborts)));
    }
  });

  it('when the renewed login cannot be saved', async () => {
    const { source, store, deps } = expired();
    provider.answerNext('token', { status: 200, body: { ...stolen, expires_in: 300 } });
    store.failing.write = new Error(`cannot write ${canary}`);
    await source.getToken(neverAborts);
    expect(deps.records).not.toEqual([]);
    expectNoCanary(deps.records);
  });

  it('when it is stopped in the middle', async () => {
    expectNoCanary(await failureOf(expired().source.getToken(AbortSignal.abort(new Error(canary)))));
  });

  it('when a file is damaged or open to others', async () => {
    const directory = join(testDirectory(), 'tokens');
    mkdirSync(directory, { mode: 0o700 });
    const store = createFileStore({ directory });
    for (const text of [
      canary,
      `{"accessToken":"${canary}"}`,
      JSON.stringify({ ...exampleLogin(), expiresAt: canary }),
    ]) {
      writeFileSync(join(directory, 'prod.json'), text, { mode: 0o600 });
      expectNoCanary(await failureOf(store.read('prod')));
    }
    chmodSync(join(directory, 'prod.json'), 0o644);
    expectNoCanary(await failureOf(store.read('prod')));
  });

  it('when a keychain is damaged, locked or talkative', async () => {
    const keytar = new FakeKeytar();
    const store = createKeychainStore({ service: 's', loadKeytar: () => keytar });
    await store.probe(neverAborts);
    for (const value of [canary, `{"version":1,"slot":"a","pieces":1,"sha256":"${canary}"}\n${canary}`]) {
      keytar.entries.set('s/prod', value);
      expectNoCanary(await failureOf(store.read('prod')));
    }
    const leaky = exampleLogin({ accessToken: canary });
    keytar.setPassword = (_service, _account, password) => Promise.reject(new Error(`cannot store ${password}`));
    expectNoCanary(await failureOf(store.write('prod', leaky)));
  });
});

/** Ends a login after one poll, however that was answered. */
function stopAfterFirstPoll(deps: TestDependencies) {
  const controller = new AbortController();
  const sleep = async (ms: number, signal: AbortSignal) => {
    if (deps.sent.some(({ path, body }) => path === '/token' && body.has('device_code'))) controller.abort();
    await deps.sleep?.(ms, signal);
  };
  return { deps: { ...deps, sleep }, signal: controller.signal };
}
