import fc from 'fast-check';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { endsAtOnce, exampleLogin, failureOf, neverAborts } from '../dependencies.testing.ts';
import { createKeychainStore } from './keychain-store.ts';
import { FakeKeytar } from './keytar.testing.ts';
import type { TokenStore } from './token-store.ts';

const windowsBytes = 2_560;
let keytar: FakeKeytar;
let store: TokenStore;
beforeEach(() => {
  keytar = new FakeKeytar();
  keytar.maxBytes = windowsBytes;
  store = storeOn(keytar);
});

function storeOn(keytar: FakeKeytar, options: { account?: string } = {}): TokenStore {
  return createKeychainStore({
    ...options,
    service: 'gprxy-test',
    loadKeytar: () => keytar,
    entryBytes: windowsBytes,
    callLimitMs: 50,
  });
}

/** From now on time passes only in the steps that the returned function makes, in ms. */
function standingClock(): (ms: number) => Promise<unknown> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  return (ms) => vi.advanceTimersByTimeAsync(ms);
}

const entriesOf = (account: string) =>
  [...keytar.entries.keys()].filter((key) => key.startsWith(`gprxy-test/${account}`));
const ofSize = (length: number, subject = 'alice') => exampleLogin({ subject, accessToken: 'a'.repeat(length) });

describe('keychain store', () => {
  it('gives back what was written, and deletes it', async () => {
    const login = exampleLogin();
    await store.write('prod', login);
    expect(await store.read('prod')).toEqual(login);
    expect(await store.delete('prod')).toBe(true);
    expect(await store.read('prod')).toBeUndefined();
    expect(await store.delete('prod')).toBe(false);
  });

  it('S32 keeps tokens of 16 KB where an entry takes 2,560 bytes', async () => {
    const login = exampleLogin({ accessToken: 'a'.repeat(16_384), refreshToken: 'r'.repeat(16_384) });
    await store.write('prod', login);
    expect(await store.read('prod')).toEqual(login);
    expect(entriesOf('prod').length).toBeGreaterThan(12);
    expect(await store.delete('prod')).toBe(true);
    expect(entriesOf('prod')).toEqual([]);
  });

  it('keeps any text in entries of limited size', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 9_000 });
    await fc.assert(
      fc.asyncProperty(text, async (name) => {
        const login = exampleLogin({ name, claims: { name, [`x${name}`]: 1 } });
        await store.write('prod', login);
        expect(await store.read('prod')).toEqual(login);
      }),
      { numRuns: 60 },
    );
  });

  it('needs one entry where the platform takes it in one', async () => {
    keytar.maxBytes = Number.POSITIVE_INFINITY;
    const roomy = createKeychainStore({ service: 'gprxy-test', loadKeytar: () => keytar, entryBytes: 65_536 });
    await roomy.write('prod', ofSize(32_000));
    expect(entriesOf('prod')).toEqual(['gprxy-test/prod']);
  });

  it('leaves nothing of a longer login behind', async () => {
    await store.write('prod', ofSize(20_000));
    await store.write('prod', ofSize(9_000));
    await store.write('prod', ofSize(100));
    expect(await store.read('prod')).toEqual(ofSize(100));
    expect(entriesOf('prod').length).toBe(1);
  });

  it("keeps a profile's name out of the entries of others", async () => {
    await store.write('prod', ofSize(9_000, 'prod'));
    for (const name of ['prod:a:1', 'prod:b:1', 'gprxy:marker', 'prod%3Aa', 'prod:a']) {
      await store.write(name, exampleLogin({ subject: name }));
      expect(await store.read(name)).toMatchObject({ subject: name });
    }
    expect(await store.read('prod')).toMatchObject({ subject: 'prod' });
  });
});

describe('keychain store, killed in the middle', () => {
  it('S20 has the former login or the new one after every single step of a write', async () => {
    for (let step = 0; ; step++) {
      keytar = new FakeKeytar();
      await storeOn(keytar).write('prod', ofSize(8_000, 'former'));
      keytar.killAfterChanges = step;
      const killed = await storeOn(keytar)
        .write('prod', ofSize(12_000, 'new'))
        .then(
          () => false,
          () => true,
        );
      keytar.killAfterChanges = Number.POSITIVE_INFINITY;
      const login = await storeOn(keytar).read('prod');
      expect(['former', 'new']).toContain(login?.subject);
      await storeOn(keytar).delete('prod');
      expect(entriesOf('prod')).toEqual([]);
      if (!killed) return expect(step).toBeGreaterThan(6);
    }
  });

  it('S20 clears up after every kill with the next write', async () => {
    for (let step = 0; step < 12; step++) {
      keytar = new FakeKeytar();
      await storeOn(keytar).write('prod', ofSize(9_000));
      keytar.killAfterChanges = step;
      await storeOn(keytar)
        .write('prod', ofSize(14_000))
        .catch(() => undefined);
      keytar.killAfterChanges = Number.POSITIVE_INFINITY;
      await storeOn(keytar).write('prod', ofSize(5_000));
      await storeOn(keytar).write('prod', ofSize(100));
      expect(entriesOf('prod')).toEqual(['gprxy-test/prod']);
    }
  });

  it('S20 forgets the login after every kill of a delete, or still has it whole', async () => {
    for (let step = 0; step < 8; step++) {
      keytar = new FakeKeytar();
      await storeOn(keytar).write('prod', ofSize(9_000));
      keytar.killAfterChanges = step;
      await storeOn(keytar)
        .delete('prod')
        .catch(() => undefined);
      keytar.killAfterChanges = Number.POSITIVE_INFINITY;
      const login = await storeOn(keytar).read('prod');
      expect(login).toEqual(step === 0 ? ofSize(9_000) : undefined);
      await storeOn(keytar).delete('prod');
      expect(entriesOf('prod')).toEqual([]);
    }
  });

  it('reads again when a writer overtakes it', async () => {
    await store.write('prod', ofSize(9_000, 'former'));
    const { getPassword } = keytar;
    let overtaken = false;
    keytar.getPassword = async (service, account) => {
      if (account === 'prod:a:2' && !overtaken) {
        overtaken = true;
        await storeOn(keytar).write('prod', ofSize(9_000, 'new'));
        await storeOn(keytar).write('prod', ofSize(9_500, 'newest'));
      }
      return getPassword.call(keytar, service, account);
    };
    expect(await store.read('prod')).toMatchObject({ subject: 'newest' });
    expect(overtaken).toBe(true);
  });

  it('asks for a login when entries are missing or changed, and shows nothing of them', async () => {
    const damages: ((key: string) => void)[] = [
      (key) => keytar.entries.delete(`${key}:a:1`),
      (key) => keytar.entries.set(`${key}:a:1`, 'canary'),
      (key) => keytar.entries.set(key, 'canary'),
      (key) => keytar.entries.set(key, '{"version":1}\ncanary'),
      (key) => keytar.entries.set(key, '{"canary\n{}'),
    ];
    for (const damage of damages) {
      await store.delete('prod');
      await store.write('prod', ofSize(9_000));
      damage('gprxy-test/prod');
      const error = await failureOf(store.read('prod'));
      expect(error).toMatchObject({ code: 'ERR_LOGIN_NEEDED', hint: 'Run "gprxy login --profile prod".' });
      expect(`${error.stack}${String(error.cause)}`).not.toContain('canary');
    }
  });
});

describe('keychain store, when the keychain does not serve', () => {
  it('tells a locked keychain from one without a login', async () => {
    expect(await store.read('prod')).toBeUndefined();
    await store.write('prod', exampleLogin());
    keytar.locked = true;
    for (const attempt of [
      store.read('prod'),
      store.delete('prod'),
      store.probe(neverAborts),
      store.write('prod', exampleLogin()),
    ]) {
      expect(await failureOf(attempt)).toMatchObject({
        code: 'ERR_STORE_LOCKED',
        hint: expect.stringContaining('Unlock'),
      });
    }
    keytar.locked = false;
    expect(await store.read('prod')).toEqual(exampleLogin());
  });

  it('tells a keychain that is locked from the start as such', async () => {
    keytar.locked = true;
    expect(await failureOf(store.read('prod'))).toMatchObject({ code: 'ERR_STORE_LOCKED' });
  });

  it('says what to install, or to use instead, when there is none', async () => {
    const load = () => {
      throw new Error('Failed to load keytar native addon');
    };
    const error = await failureOf(createKeychainStore({ service: 's', loadKeytar: load }).probe(neverAborts));
    expect(error).toMatchObject({
      code: 'ERR_STORE_ABSENT',
      hint: expect.stringContaining('gprxy login --insecure-storage'),
    });
  });

  it('tells to sign in to the profile that it is about, and not to the default one', async () => {
    const broken = storeOn(keytar, { account: 'two' });
    for (const message of ['Cannot autolaunch D-Bus without X11 $DISPLAY', 'The stub received bad data.']) {
      keytar.setPassword = () => Promise.reject(new Error(message));
      const hint = expect.stringContaining('"gprxy login --profile two --insecure-storage"');
      expect(await failureOf(broken.probe(neverAborts))).toMatchObject({ hint });
    }
  });

  it("reads libsecret's errors", async () => {
    const errors = {
      'Cannot autolaunch D-Bus without X11 $DISPLAY': 'ERR_STORE_ABSENT',
      'The name org.freedesktop.secrets was not provided by any .service files': 'ERR_STORE_ABSENT',
      'Object does not exist at path “/org/freedesktop/secrets/collection/login”': 'ERR_STORE_ABSENT',
      'Cannot create an item in a locked collection': 'ERR_STORE_LOCKED',
      'User interaction is not allowed.': 'ERR_STORE_LOCKED',
      'The stub received bad data.': 'ERR_STORE_FAILED',
    };
    for (const [message, code] of Object.entries(errors)) {
      keytar.setPassword = () => Promise.reject(new Error(message));
      expect(await failureOf(store.probe(neverAborts))).toMatchObject({ code });
    }
  });

  it('gives up on a silent keychain within the limit, and asks nothing more of it until it answers', async () => {
    keytar.silent = true;
    const passes = standingClock();
    const errors = Promise.all(['a', 'b', 'c', 'd', 'e'].map((account) => failureOf(store.read(account))));
    await passes(50);
    expect(await endsAtOnce(errors)).toBe(true);
    for (const error of await errors) expect(error).toMatchObject({ code: 'ERR_STORE_LOCKED' });
    expect(keytar.calls).toBe(1);
  });

  it('probes within 3 s, or until the abort', async () => {
    keytar.silent = true;
    const aborted = failureOf(store.probe(AbortSignal.timeout(20)));
    expect(await aborted).toMatchObject({ code: 'ERR_ABORTED' });
    const passes = standingClock();
    const silent = failureOf(storeOn(keytar).probe(neverAborts));
    await passes(3_000);
    expect(await endsAtOnce(silent)).toBe(true);
    expect(await silent).toMatchObject({ code: 'ERR_STORE_LOCKED' });
  });
});
