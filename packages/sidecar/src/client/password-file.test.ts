import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { testDirectory } from '../directory.testing.ts';
import { passwordIn, writePasswordFile } from './password-file.ts';

const at = (host: string, secret: string, port = 5433) => ({ address: { host, port }, secret });

async function written(...passwords: Array<ReturnType<typeof at>>): Promise<string> {
  const path = join(await testDirectory(), 'state', 'pgpass');
  await writePasswordFile(path, passwords);
  return readFile(path, 'utf8');
}

it('is for its owner only, and replaces what was there', async () => {
  const path = join(await testDirectory(), 'state', 'pgpass');
  await writePasswordFile(path, [at('127.0.0.1', 'one')]);
  await writeFile(path, 'old', { mode: 0o644 });
  await writePasswordFile(path, [at('127.0.0.1', 'two')]);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await stat(join(path, '..'))).mode & 0o777).toBe(0o700);
  expect(await readFile(path, 'utf8')).not.toMatch(/old|:one/);
});

it.each(['localhost', '127.0.0.1', '::1'])('has the password of a loopback port for %s too', async (host) => {
  const text = await written(at('127.0.0.1', 'secret'), at('127.0.0.1', 'other', 5434));
  expect(passwordIn(text, { host, port: 5433 })).toBe('secret');
  expect(passwordIn(text, { host, port: 5434 })).toBe('other');
  expect(passwordIn(text, { host, port: 5435 })).toBeUndefined();
  expect(passwordIn(text, { host: 'db.example', port: 5433 })).toBeUndefined();
});

it('has the password of a port on all addresses for every host', async () => {
  expect(passwordIn(await written(at('0.0.0.0', 'secret')), { host: '192.0.2.1', port: 5433 })).toBe('secret');
});

it('is read as it was written, whatever is in it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.stringMatching(/^[^\n\r\0]+$/), fc.stringMatching(/^[^\n\r\0#*]+$/), async (secret, host) => {
      fc.pre(!['localhost', '127.0.0.1', '::1', '0.0.0.0', '::'].includes(host));
      expect(passwordIn(await written(at(host, secret)), { host, port: 5433 })).toBe(secret);
    }),
    { numRuns: 30 },
  );
});

it('does not stumble over what others have written', () => {
  expect(
    passwordIn('# a comment\n\nnonsense\n*:*:*:*:any\nlocalhost:5433:*:*:x\\:y\\\\', { host: 'localhost', port: 5433 }),
  ).toBe('x:y\\');
});
