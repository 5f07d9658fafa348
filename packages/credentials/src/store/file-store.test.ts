import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { exampleLogin, failureOf, neverAborts, testDirectory } from '../dependencies.testing.ts';
import { createFileStore } from './file-store.ts';
import type { TokenStore } from './token-store.ts';

const isRoot = process.getuid?.() === 0;

let directory: string;
let store: TokenStore;
beforeEach(() => {
  directory = join(testDirectory(), 'state', 'tokens');
  store = createFileStore({ directory });
});

const mode = (path: string) => statSync(path).mode & 0o777;
const file = () => join(directory, 'prod.json');

describe('file store', () => {
  it('gives back what was written, in a 0600 file in a 0700 directory', async () => {
    const login = exampleLogin();
    await store.write('prod', login);
    expect(await store.read('prod')).toEqual(login);
    expect(mode(directory)).toBe(0o700);
    expect(mode(file())).toBe(0o600);
  });

  it('S32 keeps tokens of 16 KB', async () => {
    const login = exampleLogin({ accessToken: 'a'.repeat(16_384), refreshToken: 'r'.repeat(16_384) });
    await store.write('prod', login);
    expect(await store.read('prod')).toEqual(login);
  });

  it('tells "nobody" for an account without a login', async () => {
    expect(await store.read('prod')).toBeUndefined();
    expect(await store.delete('prod')).toBe(false);
  });

  it('deletes the login and what a killed writer left of it', async () => {
    await store.write('prod', exampleLogin());
    writeFileSync(`${file()}.left-behind.tmp`, 'half a login', { mode: 0o600 });
    expect(await store.delete('prod')).toBe(true);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('keeps accounts apart whose names differ in case only, or look like paths', async () => {
    const names = ['prod', 'Prod', '../prod', '.', 'a/b', 'a\\b', 'ü', 'con', 'prod.json'];
    for (const name of names) await store.write(name, exampleLogin({ subject: name }));
    for (const name of names) expect(await store.read(name)).toMatchObject({ subject: name });
    const files = readdirSync(directory).map((name) => name.toLowerCase());
    expect(new Set(files).size).toBe(names.length);
    expect(existsSync(join(directory, '..', 'prod.json'))).toBe(false);
  });

  it('leaves the former login whole while a new one is half written', async () => {
    await store.write('prod', exampleLogin({ subject: 'former' }));
    writeFileSync(`${file()}.left-behind.tmp`, '{"version":1,"subj', { mode: 0o600 });
    expect(await store.read('prod')).toMatchObject({ subject: 'former' });
  });

  it('clears away what killed writers left, once it is old', async () => {
    await store.write('prod', exampleLogin());
    const old = `${file()}.old.tmp`;
    const recent = `${file()}.recent.tmp`;
    for (const path of [old, recent]) writeFileSync(path, 'half a login', { mode: 0o600 });
    const anHourAgo = Date.now() / 1000 - 3_600;
    utimesSync(old, anHourAgo, anHourAgo);
    await store.write('prod', exampleLogin());
    expect(readdirSync(directory).sort()).toEqual(['prod.json', 'prod.json.recent.tmp']);
  });

  it('asks for a login when the file is damaged, and shows nothing of it', async () => {
    for (const text of ['', 'canary-1 is no JSON', '{"version":1,"accessToken":"canary-1"}', '[]', 'null']) {
      await store.write('prod', exampleLogin());
      writeFileSync(file(), text);
      const error = await failureOf(store.read('prod'));
      expect(error).toMatchObject({ code: 'ERR_LOGIN_NEEDED', hint: 'Run "gprxy login --profile prod".' });
      expect(`${error.message}${error.stack}${String(error.cause)}`).not.toContain('canary');
    }
  });

  it('probes by writing and reading', async () => {
    await store.probe(neverAborts);
    writeFileSync(join(directory, '.probe'), '');
    await store.probe(neverAborts);
    expect(await failureOf(store.probe(AbortSignal.abort()))).toMatchObject({ code: 'ERR_ABORTED' });
  });

  it('says what is in the way when the directory cannot be made', async () => {
    const blocked = join(testDirectory(), 'a-file');
    writeFileSync(blocked, '');
    const error = await failureOf(createFileStore({ directory: join(blocked, 'tokens') }).probe(neverAborts));
    expect(error).toMatchObject({ code: 'ERR_STORE_FAILED', message: expect.stringContaining('ENOTDIR') });
    expect(error.hint).toContain(blocked);
  });
});

describe('file store, when others could reach the tokens', () => {
  beforeEach(() => store.write('prod', exampleLogin()));

  async function refusals() {
    return [await failureOf(store.read('prod')), await failureOf(store.probe(neverAborts))];
  }

  it('refuses a directory with a wider mode and says how to mend it', async () => {
    for (const wider of [0o750, 0o701, 0o777]) {
      chmodSync(directory, wider);
      for (const error of await refusals()) {
        expect(error).toMatchObject({
          code: 'ERR_STORE_FAILED',
          hint: expect.stringContaining(`chmod 700 '${directory}'`),
        });
      }
    }
    await failureOf(store.write('prod', exampleLogin()));
  });

  it('refuses a file with a wider mode and says how to mend it', async () => {
    chmodSync(file(), 0o640);
    const error = await failureOf(store.read('prod'));
    expect(error).toMatchObject({ code: 'ERR_STORE_FAILED', hint: expect.stringContaining(`chmod 600 '${file()}'`) });
  });

  it('refuses a symbolic link as the directory', async () => {
    const link = join(testDirectory(), 'link');
    symlinkSync(directory, link);
    const error = await failureOf(createFileStore({ directory: link }).read('prod'));
    expect(error).toMatchObject({ code: 'ERR_STORE_FAILED', message: expect.stringContaining('symbolic link') });
    symlinkSync(join(directory, 'nowhere'), `${link}2`);
    const dangling = await failureOf(createFileStore({ directory: `${link}2` }).probe(neverAborts));
    expect(dangling.message).toContain('symbolic link');
  });

  it('refuses a symbolic link as the file, and never writes through one', async () => {
    const elsewhere = join(testDirectory(), 'elsewhere');
    writeFileSync(elsewhere, 'precious', { mode: 0o600 });
    rmSync(file());
    symlinkSync(elsewhere, file());
    expect((await failureOf(store.read('prod'))).message).toContain('symbolic link');
    await store.write('prod', exampleLogin());
    expect(readFileSync(elsewhere, 'utf8')).toBe('precious');
    expect(await store.read('prod')).toBeDefined();
  });

  it('refuses a file that has a second name, where it could be read later', async () => {
    linkSync(file(), join(testDirectory(), 'copy'));
    const error = await failureOf(store.read('prod'));
    expect(error).toMatchObject({ code: 'ERR_STORE_FAILED', message: expect.stringContaining('hard link') });
    await store.write('prod', exampleLogin({ subject: 'anew' }));
    expect(await store.read('prod')).toMatchObject({ subject: 'anew' });
  });

  it('refuses what is no regular file, without hanging on it', async () => {
    rmSync(file());
    mkdirSync(file());
    expect((await failureOf(store.read('prod'))).message).toContain('not a regular file');
  });

  it.runIf(isRoot)("refuses another user's directory or file", async () => {
    chownSync(file(), 12_345, 12_345);
    expect(await failureOf(store.read('prod'))).toMatchObject({ hint: expect.stringContaining('chown') });
    chownSync(directory, 12_345, 12_345);
    for (const error of await refusals()) expect(error.message).toContain('belongs to another user (uid 12345)');
  });
});
