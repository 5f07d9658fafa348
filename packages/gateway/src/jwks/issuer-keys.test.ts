import { chmod, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryDirectory } from '@gprxy/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { silentLog } from '../log.ts';
import { KeysUnavailable, TokenRejected } from '../token-rejected.ts';
import {
  createSigner,
  type FakeProvider,
  fakeProvider,
  ISSUER,
  issuerConfig,
  type TestSigner,
} from '../verify-token.testing.ts';
import { IssuerKeys } from './issuer-keys.ts';
import { createKeyFile, type KeyFile } from './key-file.ts';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

let first: TestSigner;
let second: TestSigner;
beforeAll(async () => {
  first = await createSigner('first');
  second = await createSigner('second');
});

function create(
  provider: FakeProvider,
  options: { keyFile?: KeyFile; clock?: { now: number }; timeoutMs?: number } = {},
) {
  const clock = options.clock ?? { now: 1_000_000 };
  const keys = new IssuerKeys(issuerConfig(), {
    fetch: provider.fetch,
    now: () => clock.now,
    log: silentLog,
    timeoutMs: options.timeoutMs ?? 1_000,
    keyFile: options.keyFile,
  });
  const find = (kid: string) => keys.find({ alg: 'ES256', kid });
  return { keys, clock, find };
}

describe('keys of an issuer', () => {
  it('finds a key by its kid after one discovery and one fetch', async () => {
    const provider = fakeProvider([first.publicJwk, second.publicJwk]);
    const { keys, find } = create(provider);
    await keys.start();
    await expect(find('second')).resolves.toMatchObject({ type: 'public' });
    expect(provider.urls).toEqual([`${ISSUER}/.well-known/openid-configuration`, `${ISSUER}/jwks`]);
  });

  it('asks once for a hundred tokens that come before the first answer', async () => {
    const provider = fakeProvider([first.publicJwk]);
    const { find } = create(provider);
    await Promise.all(Array.from({ length: 100 }, () => find('first')));
    expect(provider.fetches).toBe(1);
  });

  it('renews at 80 % of the time that the provider gives', async () => {
    const provider = fakeProvider([first.publicJwk]);
    provider.headers = { 'cache-control': 'public, max-age=100' };
    const { keys, clock } = create(provider);
    await keys.start();
    clock.now += 79 * SECOND;
    await keys.renewIfDue();
    expect(provider.fetches).toBe(1);
    clock.now += 1 * SECOND;
    await keys.renewIfDue();
    expect(provider.fetches).toBe(2);
  });

  it('drops a key that the provider no longer publishes', async () => {
    const provider = fakeProvider([first.publicJwk]);
    const { keys, clock, find } = create(provider);
    await keys.start();
    provider.keys = [second.publicJwk];
    clock.now += HOUR;
    await keys.renewIfDue();
    await expect(find('first')).rejects.toThrow(TokenRejected);
  });

  it('refuses the keys of a discovery document that names another issuer', async () => {
    const provider = fakeProvider([first.publicJwk]);
    provider.issuer = `${ISSUER}/`;
    const { keys, find } = create(provider);
    await keys.start();
    await expect(find('first')).rejects.toThrow(KeysUnavailable);
    expect(keys.state.lastError).toMatch(/names another issuer/);
    expect(provider.fetches).toBe(0);
  });

  it('has no use for symmetric, private and encryption keys', async () => {
    const provider = fakeProvider([
      { kty: 'oct', k: 'c2VjcmV0', kid: 'first' },
      { ...first.publicJwk, d: 'AAAA', kid: 'private' },
      { ...first.publicJwk, use: 'enc', kid: 'enc' },
    ]);
    const { keys, find } = create(provider);
    await keys.start();
    expect(keys.state.keys).toBe(0);
    for (const kid of ['first', 'private', 'enc']) await expect(find(kid)).rejects.toThrow(TokenRejected);
  });
});

describe('S22 unknown keys', () => {
  it('S22 accepts a new kid as soon as the cooldown is over', async () => {
    const provider = fakeProvider([first.publicJwk]);
    const { keys, clock, find } = create(provider);
    await keys.start();
    provider.keys = [first.publicJwk, second.publicJwk];
    clock.now += 29_999;
    await expect(find('second')).rejects.toThrow(TokenRejected);
    clock.now += 1;
    await expect(find('second')).resolves.toMatchObject({ type: 'public' });
  });

  it.each(['up', 'down', 'broken'] as const)(
    'S22 fetches once in 30 s for 10,000 unknown kids, provider %s',
    async (mode) => {
      const provider = fakeProvider([first.publicJwk]);
      const { keys, clock, find } = create(provider);
      await keys.start();
      clock.now += 30 * SECOND;
      provider.mode = mode;
      const before = provider.urls.length;
      for (let round = 0; round < 10; round++) {
        const tries = Array.from({ length: 1_000 }, (_, index) => find(`unknown-${round}-${index}`));
        const results = await Promise.allSettled(tries);
        expect(results.every(({ status }) => status === 'rejected')).toBe(true);
        clock.now += 2 * SECOND;
      }
      expect(provider.urls.length - before).toBe(1);
    },
  );

  it('S22 lets nobody with a known key wait while a silent provider is asked for an unknown one', async () => {
    const provider = fakeProvider([first.publicJwk]);
    const { keys, clock, find } = create(provider, { timeoutMs: 200 });
    await keys.start();
    clock.now += 30 * SECOND;
    provider.mode = 'silent';
    const unknown = find('unknown');
    await expect(find('first')).resolves.toMatchObject({ type: 'public' });
    await expect(unknown).rejects.toThrow(TokenRejected);
  });
});

describe('S23 the provider is out', () => {
  it('S23 goes on with the last good keys, for 24 h and no longer', async () => {
    const provider = fakeProvider([first.publicJwk]);
    const { keys, clock, find } = create(provider);
    await keys.start();
    provider.mode = 'down';
    for (let minute = 0; minute < 60; minute++) {
      clock.now += 60 * SECOND;
      await keys.renewIfDue();
      await expect(find('first')).resolves.toMatchObject({ type: 'public' });
    }
    clock.now += 23 * HOUR;
    await expect(find('first')).resolves.toMatchObject({ type: 'public' });
    clock.now += 1;
    await expect(find('first')).rejects.toThrow(KeysUnavailable);
    expect(keys.state).toMatchObject({ keys: 0, lastError: expect.stringContaining('ECONNREFUSED') });
  });

  it('S23 starts with the keys that the last run left on disk', async () => {
    await using directory = await temporaryDirectory();
    const keyFile = createKeyFile(join(directory.path, 'state'), ISSUER);
    const provider = fakeProvider([first.publicJwk]);
    await create(provider, { keyFile }).keys.start();
    provider.mode = 'down';
    const { keys, find, clock } = create(provider, { keyFile });
    await keys.start();
    await expect(find('first')).resolves.toMatchObject({ type: 'public' });
    clock.now += 24 * HOUR + 1;
    await expect(find('first')).rejects.toThrow(KeysUnavailable);
  });

  it('asks again every few seconds while it has no key at all', async () => {
    const provider = fakeProvider([first.publicJwk]);
    provider.mode = 'down';
    const { keys, clock, find } = create(provider);
    await keys.start();
    await expect(find('first')).rejects.toThrow(KeysUnavailable);
    provider.mode = 'up';
    clock.now += 5 * SECOND;
    await keys.renewIfDue();
    await expect(find('first')).resolves.toMatchObject({ type: 'public' });
  });
});

describe('the key file', () => {
  it('is for its owner only and of one issuer', async () => {
    await using directory = await temporaryDirectory();
    const state = join(directory.path, 'state');
    await createKeyFile(state, ISSUER).write({ jwks: { keys: [first.publicJwk] }, fetchedAt: 1 });
    const [name = ''] = await readdir(state);
    expect((await stat(join(state, name))).mode & 0o777).toBe(0o600);
    expect(await createKeyFile(state, ISSUER).read()).toMatchObject({ fetchedAt: 1 });
    expect(await createKeyFile(state, 'https://other.example').read()).toBeUndefined();
  });

  it('is not read when others can write to it', async () => {
    await using directory = await temporaryDirectory();
    const keyFile = createKeyFile(directory.path, ISSUER);
    await keyFile.write({ jwks: { keys: [first.publicJwk] }, fetchedAt: 1 });
    const [name = ''] = await readdir(directory.path);
    await chmod(join(directory.path, name), 0o620);
    expect(await keyFile.read()).toBeUndefined();
  });

  it('costs nothing but a warning when it cannot be written', async () => {
    const provider = fakeProvider([first.publicJwk]);
    const keyFile = createKeyFile('/dev/null/state', ISSUER);
    const { keys, find } = create(provider, { keyFile });
    await keys.start();
    await expect(find('first')).resolves.toMatchObject({ type: 'public' });
    expect(keys.state.lastError).toBeUndefined();
  });
});
