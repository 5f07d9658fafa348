import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failureOf, neverAborts, testDirectory } from '../dependencies.testing.ts';
import { createFileSource } from './file-source.ts';
import { testSourceDependencies, unsignedJwt } from './source-dependencies.testing.ts';

function sourceOf(path: string) {
  const deps = testSourceDependencies();
  return { source: createFileSource({ kind: 'file', path }, deps), deps };
}

function tokenFile(text: string, mode = 0o600): string {
  const path = join(testDirectory(), 'token');
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

describe('a token in a file', () => {
  it('is what the file says now, with the claims and the expiry of a JWT', async () => {
    const path = tokenFile('first\n');
    const { source, deps } = sourceOf(path);
    expect(await source.getToken(neverAborts)).toMatchObject({ token: 'first', identity: { claims: {} } });
    const exp = Math.floor(deps.now() / 1_000) + 600;
    writeFileSync(path, unsignedJwt({ sub: 'job', exp }));
    expect(await source.getToken(neverAborts)).toMatchObject({ expiresAt: exp * 1_000, identity: { subject: 'job' } });
  });

  it('may be swapped as Kubernetes does it: by a link to a directory that is a link', async () => {
    const mount = testDirectory();
    const put = (version: string) => {
      mkdirSync(join(mount, version));
      writeFileSync(join(mount, version, 'token'), `token-of-${version}`, { mode: 0o600 });
      symlinkSync(version, join(mount, '..data_tmp'));
      renameSync(join(mount, '..data_tmp'), join(mount, '..data'));
    };
    put('..2030_01');
    symlinkSync(join('..data', 'token'), join(mount, 'token'));
    const { source } = sourceOf(join(mount, 'token'));
    expect((await source.getToken(neverAborts)).token).toBe('token-of-..2030_01');
    put('..2030_02');
    expect((await source.getToken(neverAborts)).token).toBe('token-of-..2030_02');
  });

  it('that every user can read is warned of once', async () => {
    const { source, deps } = sourceOf(tokenFile('a-token', 0o644));
    await source.getToken(neverAborts);
    await source.getToken(neverAborts);
    expect(deps.records).toMatchObject([
      { level: 'warn', event: 'token-file-open', message: expect.stringContaining('chmod 600') },
    ]);
  });

  it('that only its group can read besides us is as Kubernetes makes it', async () => {
    const { source, deps } = sourceOf(tokenFile('a-token', 0o640));
    await source.getToken(neverAborts);
    expect(deps.records).toEqual([]);
  });
});

describe('a token file that is no good', () => {
  it('is not there', async () => {
    const { source } = sourceOf('/nowhere/token');
    expect(await failureOf(source.getToken(neverAborts))).toMatchObject({
      code: 'ERR_SOURCE_FAILED',
      message: '/nowhere/token does not exist',
      hint: expect.stringContaining('"token_file"'),
    });
  });

  it.each([
    ['is empty', (path: string) => writeFileSync(path, '\n'), /token is empty$/],
    ['holds no token', (path: string) => writeFileSync(path, 'canary canary'), /token has blanks or characters in it/],
    ['is a directory', (path: string) => mkdirSync(path), /token is not a regular file$/],
    [
      'is a FIFO that nobody writes to',
      (path: string) => execFileSync('mkfifo', [path]),
      /token is not a regular file$/,
    ],
    ['is a link to nowhere', (path: string) => symlinkSync(`${path}-gone`, path), /token does not exist$/],
    ['is a loop of links', (path: string) => symlinkSync(path, path), /token cannot be read \(ELOOP\)$/],
    ['is huge', (path: string) => writeFileSync(path, 'x'.repeat(1_048_577)), /token is larger than any credential$/],
  ])('because it %s', async (_, make, message) => {
    const path = join(testDirectory(), 'token');
    make(path);
    const error = await failureOf(sourceOf(path).source.getToken(neverAborts));
    expect(error).toMatchObject({ code: 'ERR_SOURCE_FAILED', message: expect.stringMatching(message) });
    expect(`${error.message} ${error.hint} ${error.stack}`).not.toContain('canary');
  });

  it('because nobody has renewed it', async () => {
    const { source, deps } = sourceOf(tokenFile(unsignedJwt({ exp: 1_000 })));
    expect(await failureOf(source.getToken(neverAborts))).toMatchObject({
      message: expect.stringMatching(/expired at 1970-01-01T00:16:40/),
      hint: expect.stringMatching(/^Whatever writes .* has to put a token there/),
    });
    expect(deps.records).toEqual([]);
  });
});
