import { mkdir } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { prodProfile, runInWorld } from './dependencies.testing.ts';

it('says which file or directory to make usable when the system refuses one', async () => {
  const refused = await mkdir('/dev/null/gprxy').catch((error: unknown) => error);
  const { exitCode, stderr } = await runInWorld(['login'], {
    config: prodProfile,
    credentials: { login: () => Promise.reject(refused) },
  });
  expect(exitCode).toBe(1);
  expect(stderr).toContain('Make /dev/null/gprxy usable for you, then try again. "gprxy help files" tells');
  expect(stderr).not.toContain('did not expect');
});

it('owns up to what it cannot explain', async () => {
  const { stderr } = await runInWorld(['login'], {
    config: prodProfile,
    credentials: { login: () => Promise.reject(new TypeError('x is undefined')) },
  });
  expect(stderr).toContain('gprxy did not expect this. GPRXY_DEBUG=1');
});
