import { lstat, mkdir, open, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { testDirectory } from '../directory.testing.ts';
import { openLogFile } from './log-file.ts';

it('is for its owner only, whatever it was before', async () => {
  const path = join(await testDirectory(), 'state', 'gprxy.log');
  openLogFile(path).write('one\n');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await stat(join(path, '..'))).mode & 0o777).toBe(0o700);
  const open = join(await testDirectory(), 'open.log');
  await writeFile(open, '', { mode: 0o644 });
  openLogFile(open);
  expect((await stat(open)).mode & 0o777).toBe(0o600);
});

it('is begun anew when it is full, and the one before is kept', async () => {
  const path = join(await testDirectory(), 'gprxy.log');
  const log = openLogFile(path, 10);
  for (const line of ['one\n', 'two\n', 'three\n', 'four\n']) log.write(line);
  expect([await readFile(`${path}.1`, 'utf8'), await readFile(path, 'utf8')]).toEqual(['three\n', 'four\n']);
  expect((await stat(`${path}.1`)).mode & 0o777).toBe(0o600);
});

it('S36 the one before is written neither into a file that others can read nor through a link', async () => {
  for (const prepare of [
    (before: string) => writeFile(before, '', { mode: 0o644 }),
    (before: string) => symlink(`${before}.elsewhere`, before),
  ]) {
    const path = join(await testDirectory(), 'gprxy.log');
    await prepare(`${path}.1`);
    const log = openLogFile(path, 10);
    for (const line of ['one\n', 'two\n', 'three\n']) log.write(line);
    const before = await lstat(`${path}.1`);
    expect([before.isFile(), before.mode & 0o777]).toEqual([true, 0o600]);
    expect(await readFile(`${path}.1`, 'utf8')).toBe('one\ntwo\n');
  }
});

it('stays the file that others hold open', async () => {
  const path = join(await testDirectory(), 'gprxy.log');
  const log = openLogFile(path, 10);
  const standardError = await open(path, 'a');
  log.write('ours 1\n');
  log.write('ours 2\n');
  await standardError.write('theirs\n');
  await standardError.close();
  expect(await readFile(path, 'utf8')).toBe('ours 2\ntheirs\n');
});

it('is begun anew also where the one before cannot be kept', async () => {
  const path = join(await testDirectory(), 'gprxy.log');
  const log = openLogFile(path, 10);
  await mkdir(`${path}.1`);
  for (const line of ['one\n', 'two\n', 'three\n', 'four\n']) log.write(line);
  expect(await readFile(path, 'utf8')).toBe('four\n');
});

it('does not end who writes when it cannot be written any more', async () => {
  const directory = join(await testDirectory(), 'state');
  const log = openLogFile(join(directory, 'gprxy.log'));
  await rm(directory, { recursive: true });
  expect(() => log.write('one\n')).not.toThrow();
});
