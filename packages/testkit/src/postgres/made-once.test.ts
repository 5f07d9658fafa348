import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../temporary-directory.ts';
import { madeOnce } from './made-once.ts';

/** A directory with one file, whose text says which call of `make` it comes from. */
function numbered() {
  let made = 0;
  return {
    make: (directory: string) => writeFile(join(directory, 'number'), String(++made)),
    isWhole: async (directory: string) => (await readdir(directory)).length === 1,
  };
}
const numberIn = (directory: string) => readFile(join(directory, 'number'), 'utf8');

it('many at once, and those that come later, get the same directory, and nothing else is left', async () => {
  await using root = await temporaryDirectory();
  const [path, once] = [join(root.path, 'it'), numbered()];
  const all = await Promise.all([1, 2, 3].map(() => madeOnce(path, once)));
  expect([...all, await madeOnce(path, once)]).toEqual([path, path, path, path]);
  expect(await readdir(root.path)).toEqual(['it']);
});

it('one that others may write is left alone: what is made then is for this process', async () => {
  await using root = await temporaryDirectory();
  const [path, once] = [join(root.path, 'it'), numbered()];
  await chmod(await madeOnce(path, once), 0o777);
  const own = await madeOnce(path, once);
  expect(dirname(own)).toBe(root.path);
  expect([await numberIn(path), await numberIn(own)]).toEqual(['1', '2']);
});

it('one that was not finished does not get the name', async () => {
  await using root = await temporaryDirectory();
  const [path, once] = [join(root.path, 'it'), numbered()];
  const fails = async (directory: string) => {
    await once.make(directory);
    throw new Error('no space left on device');
  };
  await expect(madeOnce(path, { ...once, make: fails })).rejects.toThrow('no space left');
  expect(await numberIn(await madeOnce(path, once))).toBe('2');
});

it('one in which files are missing is not taken', async () => {
  await using root = await temporaryDirectory();
  const [path, once] = [join(root.path, 'it'), numbered()];
  await rm(join(await madeOnce(path, once), 'number'));
  expect(await numberIn(await madeOnce(path, once))).toBe('2');
});
