import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failureOf, neverAborts, testDirectory } from '../dependencies.testing.ts';
import { neverExpires } from '../token-source.ts';
import type { SecretPlace } from './credential-settings.ts';
import { createPasswordSource } from './password-source.ts';
import { nodeCommand, testSourceDependencies } from './source-dependencies.testing.ts';

function sourceOf(password: SecretPlace, env: Record<string, string> = {}) {
  const deps = testSourceDependencies(env);
  return { source: createPasswordSource({ kind: 'password', password }, deps), deps };
}

function inFile(text: string, mode = 0o600) {
  const path = join(testDirectory(), 'password');
  writeFileSync(path, text);
  chmodSync(path, mode);
  return { kind: 'file', path } as const;
}

const printedBy = (code: string, ...args: string[]) =>
  ({ kind: 'command', command: { argv: nodeCommand(code, ...args), timeoutMs: 20_000 } }) as const;

describe('a password', () => {
  it.each([
    ['with blanks and quotes', ' a "b" \\c {} ', ' a "b" \\c {} '],
    ['that looks like JSON', '{"token":"x"}', '{"token":"x"}'],
    ['with letters of all kinds', 'pässwörd→', 'pässwörd→'],
    ['before a newline', 'secret\n', 'secret'],
    ['before a newline of Windows', '\ufeffsecret\r\n', 'secret'],
  ])('%s stays as it is', async (_, text, password) => {
    const places: Array<[SecretPlace, Record<string, string>?]> = [
      [inFile(text)],
      [{ kind: 'env', variable: 'DB_PASSWORD' }, { DB_PASSWORD: text }],
      [printedBy('process.stdout.write(process.argv[1])', text)],
    ];
    for (const [place, env] of places) {
      const token = await sourceOf(place, env).source.getToken(neverAborts);
      expect(token).toEqual({ token: password, expiresAt: neverExpires, identity: { claims: {} } });
    }
  });

  it('of a file is read anew each time', async () => {
    const place = inFile('first');
    const { source } = sourceOf(place);
    await source.getToken(neverAborts);
    writeFileSync(place.path, 'second');
    expect((await source.getToken(neverAborts)).token).toBe('second');
  });

  it('of a command is asked for again after five minutes at the most: it may want a fingerprint', async () => {
    const file = join(testDirectory(), 'runs');
    writeFileSync(file, '');
    const { source, deps } = sourceOf(
      printedBy('require("fs").appendFileSync(process.argv[1], "."); console.log("secret")', file),
    );
    for (let i = 0; i < 3; i++) await source.getToken(neverAborts);
    expect(readFileSync(file, 'utf8')).toBe('.');
    deps.advance(300_000);
    expect(await source.getToken(neverAborts)).toMatchObject({ token: 'secret', expiresAt: neverExpires });
    expect(readFileSync(file, 'utf8')).toBe('..');
  });
});

describe('S18 a password that is no good is told without it', () => {
  it.each([
    ['open to the group', () => inFile('canary', 0o640), /password is open to other users \(mode 0640\)/, /chmod 600/],
    ['open to everybody', () => inFile('canary', 0o604), /mode 0604/, /chmod 600/],
    ['empty', () => inFile('\n'), /password is empty/, /nothing else/],
    ['of two lines', () => inFile('canary\ncanary\n'), /password has more than one line/, /nothing else/],
    ['with a NUL', () => inFile('canary\0'), /password has more than one line/, /nothing else/],
    [
      'in no file',
      () => ({ kind: 'file', path: '/nowhere/pw' }) as const,
      /\/nowhere\/pw does not exist/,
      /"password_file"/,
    ],
    ['in no variable', () => ({ kind: 'env', variable: 'DB_PASSWORD' }) as const, /DB_PASSWORD is not set/, /daemon/],
    [
      'of a command that fails',
      () => printedBy('console.log("canary"); console.error("bad canary"); process.exit(3)'),
      /exit code 3: bad \[redacted\]/,
      /by hand/,
    ],
  ])('%s', async (_, place, message, hint) => {
    const error = await failureOf(sourceOf(place()).source.getToken(neverAborts));
    expect(error).toMatchObject({
      code: 'ERR_SOURCE_FAILED',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
    expect(`${error.message} ${error.hint} ${error.stack}`).not.toContain('canary');
  });
});
