import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exampleLogin, failureOf, neverAborts, testDirectory } from '../dependencies.testing.ts';
import { createFileStore } from '../store/file-store.ts';
import { createKeychainStore } from '../store/keychain-store.ts';
import { FakeKeytar } from '../store/keytar.testing.ts';
import { type CanaryPath, canary, expired } from './canary-path.testing.ts';

const brokenFetches: Record<string, () => unknown> = {
  'an error that quotes the request': () => new Error(`POST refresh_token=refresh-${canary} failed`),
  'a network error that quotes the request': () =>
    new TypeError('fetch failed', { cause: Object.assign(new Error(`sent refresh-${canary}`), { code: 'EPIPE' }) }),
  'a time limit': () => new DOMException(canary, 'TimeoutError'),
  'something that is no error': () => ({ canary }),
};
const fetchPaths = Object.entries(brokenFetches).map(
  ([name, make]): CanaryPath => ({
    name: `fetch fails with ${name}`,
    async run(provider) {
      const { source, deps } = expired(provider, async (input, init) => {
        if (String(input).endsWith('/token')) throw make();
        return globalThis.fetch(input, init);
      });
      return [await failureOf(source.getToken(neverAborts)), deps.records];
    },
  }),
);

const renewalPaths: readonly CanaryPath[] = [
  {
    name: 'the renewed login cannot be saved',
    async run(provider) {
      const { source, store, deps } = expired(provider);
      const stolen = { access_token: `access-${canary}`, refresh_token: `refresh-${canary}`, token_type: 'Bearer' };
      provider.answerNext('token', { status: 200, body: { ...stolen, expires_in: 300 } });
      store.failing.write = new Error(`cannot write ${canary}`);
      await source.getToken(neverAborts);
      return deps.records.length === 0 ? [canary] : [deps.records];
    },
  },
  {
    name: 'it is stopped in the middle',
    run: async (provider) => [await failureOf(expired(provider).source.getToken(AbortSignal.abort(new Error(canary))))],
  },
];

const damages: Record<string, string> = {
  'the token and nothing else': canary,
  'half a login': `{"accessToken":"${canary}"}`,
  'a login with a strange expiry': JSON.stringify({ ...exampleLogin(), expiresAt: canary }),
  'a login that was cut off': JSON.stringify(exampleLogin({ accessToken: canary })).slice(0, -3),
};
const filePaths = Object.entries(damages).map(
  ([name, text]): CanaryPath => ({
    name: `the file of the login has ${name}`,
    run: async () => [await readBack(text, 0o600)],
  }),
);
const openFilePath: CanaryPath = {
  name: 'the file of the login is open to others',
  run: async () => [await readBack(JSON.stringify(exampleLogin({ accessToken: canary })), 0o644)],
};

function readBack(text: string, mode: number): Promise<unknown> {
  const directory = join(testDirectory(), 'tokens');
  mkdirSync(directory, { mode: 0o700 });
  writeFileSync(join(directory, 'prod.json'), text, { mode: 0o600 });
  chmodSync(join(directory, 'prod.json'), mode);
  return failureOf(createFileStore({ directory }).read('prod'));
}

const keychainEntries = [canary, `{"version":1,"slot":"a","pieces":1,"sha256":"${canary}"}\n${canary}`];
const keychainPaths = keychainEntries.map(
  (value, index): CanaryPath => ({
    name: `the keychain has damage ${index + 1} in its entry`,
    async run() {
      const { keytar, store } = await openKeychain();
      keytar.entries.set('s/prod', value);
      return [await failureOf(store.read('prod'))];
    },
  }),
);
const talkativeKeychain: CanaryPath = {
  name: 'the keychain quotes what it cannot store',
  async run() {
    const { keytar, store } = await openKeychain();
    keytar.setPassword = (_service, _account, password) => Promise.reject(new Error(`cannot store ${password}`));
    return [await failureOf(store.write('prod', exampleLogin({ accessToken: canary })))];
  },
};

async function openKeychain() {
  const keytar = new FakeKeytar();
  const store = createKeychainStore({ service: 's', loadKeytar: () => keytar });
  await store.probe(neverAborts);
  return { keytar, store };
}

export const brokenPartPaths = [
  ...[fetchPaths, renewalPaths, filePaths, keychainPaths].flat(),
  openFilePath,
  talkativeKeychain,
];
