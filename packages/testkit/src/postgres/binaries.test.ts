import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../temporary-directory.ts';
import { reachableCopy } from './binaries.ts';
import { everybodyCanReach } from './os-user.ts';

/** Binaries in a folder that only its owner can enter, and an empty place for copies. */
async function privateInstallation(root: string): Promise<{ installed: string; parent: string }> {
  const installed = join(root, 'private/native');
  const parent = join(root, 'parent');
  await mkdir(join(installed, 'bin'), { recursive: true });
  await mkdir(parent);
  await writeFile(join(root, 'private/package.json'), '{"version":"1"}');
  await writeFile(join(installed, 'bin/postgres'), 'the server', { mode: 0o755 });
  await chmod(join(root, 'private'), 0o700);
  return { installed, parent };
}

describe('binaries that the OS user of PostgreSQL cannot reach', () => {
  it('are copied once, for everybody to read and nobody to write', async () => {
    await using root = await temporaryDirectory();
    const { installed, parent } = await privateInstallation(root.path);
    const copies = await Promise.all([1, 2, 3].map(() => reachableCopy(installed, 18, parent)));
    expect(new Set(copies).size).toBe(1);
    expect(await readdir(parent)).toHaveLength(1);
    const [copy = ''] = copies;
    expect(await readFile(join(copy, 'bin/postgres'), 'utf8')).toBe('the server');
    expect((await stat(copy)).mode & 0o777).toBe(0o755);
    expect(await reachableCopy(installed, 18, parent)).toBe(copy);
  });

  it('are not taken from a folder that somebody else could have written', async () => {
    await using root = await temporaryDirectory();
    const { installed, parent } = await privateInstallation(root.path);
    const copy = await reachableCopy(installed, 18, parent);
    await writeFile(join(copy, 'bin/postgres'), 'another server');
    await chmod(copy, 0o777);
    const own = await reachableCopy(installed, 18, parent);
    expect(dirname(own)).toBe(parent);
    expect(await readFile(join(own, 'bin/postgres'), 'utf8')).toBe('the server');
  });

  it('are not taken from a folder in which files are missing', async () => {
    await using root = await temporaryDirectory();
    const { installed, parent } = await privateInstallation(root.path);
    await rm(join(await reachableCopy(installed, 18, parent), 'bin/postgres'));
    const own = await reachableCopy(installed, 18, parent);
    expect(await readFile(join(own, 'bin/postgres'), 'utf8')).toBe('the server');
  });

  it('are told from those that everybody can reach', async () => {
    await using root = await temporaryDirectory();
    expect(await everybodyCanReach('/usr')).toBe(true);
    expect(await everybodyCanReach(root.path)).toBe(false);
  });
});
