import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { testDirectory } from '../directory.testing.ts';
import { createTableSearch, readProcTable } from './kernel-table.ts';

const containing = (word: string) => (text: string) => (text.includes(word) ? word : undefined);

/** A table of three pieces that tells how many of them were read, and waits for `next()` before each. */
function slowTable(...pieces: string[]) {
  let readings = 0;
  let read = 0;
  let next: () => void = () => {};
  const search = createTableSearch(async function* () {
    readings += 1;
    for (const piece of pieces) {
      await new Promise<void>((resolve) => {
        next = resolve;
      });
      read += 1;
      yield piece;
    }
  });
  const piecesRead = async (count: number) => {
    while (read < count) {
      next();
      await new Promise(setImmediate);
    }
  };
  return { search, piecesRead, readings: () => readings, read: () => read };
}

it('is left as soon as the entry is there, also where it comes in two pieces', async () => {
  const table = slowTable('alice bo', 'b carol', 'dave');
  const found = table.search(containing('bob'));
  await table.piecesRead(2);
  expect(await found).toBe('bob');
  await new Promise(setImmediate);
  expect(table.read()).toBe(2);
});

it('is looked through once, not again from its start with each piece', async () => {
  let characters = 0;
  const search = createTableSearch(async function* () {
    for (let piece = 0; piece < 1_000; piece++) yield 'x'.repeat(4_096);
  });
  await search((text) => {
    characters += text.length;
    return undefined;
  });
  expect(characters).toBeLessThan(2 * 1_000 * 4_096);
});

it('is read to its end before something counts as missing', async () => {
  const table = slowTable('alice', 'bob');
  const found = table.search(containing('eve'));
  await table.piecesRead(2);
  expect(await found).toBeUndefined();
});

it('is read once for all who ask while it is being read, and again for those', async () => {
  const table = slowTable('alice');
  const first = table.search(containing('alice'));
  const others = Array.from({ length: 100 }, () => table.search(containing('alice')));
  await table.piecesRead(2);
  expect(new Set(await Promise.all([first, ...others]))).toEqual(new Set(['alice']));
  expect(table.readings()).toBe(2);
});

it('has nothing in it when it cannot be read', async () => {
  const search = createTableSearch(() => readProcTable('/no/such/table'));
  expect(await search(containing('alice'))).toBeUndefined();
});

it('says so when there was no descriptor to read it with, instead of having nothing in it', async () => {
  const failure = Object.assign(new Error('too many open files'), { code: 'EMFILE' });
  // biome-ignore lint/correctness/useYield: it fails before the first piece
  const search = createTableSearch(async function* () {
    throw failure;
  });
  await expect(search(containing('alice'))).rejects.toBe(failure);
});

it('is read piece by piece from a file', async () => {
  const path = join(await testDirectory(), 'table');
  await writeFile(path, `${'x'.repeat(100_000)}end`);
  expect(await createTableSearch(() => readProcTable(path))(containing('end'))).toBe('end');
});
