import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { collectLog } from '../config/profile.testing.ts';
import { testDirectory } from '../directory.testing.ts';
import { type WatchOptions, watchFile } from './watch-file.ts';

/** Watches a file and counts its changes. */
async function watched(path: string, options: WatchOptions = {}) {
  let changes = 0;
  const count = () => {
    changes += 1;
  };
  const watching = watchFile(path, count, collectLog().log, options);
  onTestFinished(() => watching.close());
  await watching.begun;
  return () => changes;
}

it('tells when the file is written', async () => {
  const path = join(await testDirectory(), 'config.toml');
  await writeFile(path, 'one');
  const changes = await watched(path);
  await writeFile(path, 'two');
  await expect.poll(changes).toBe(1);
});

it('tells when another file takes its place, time and again', async () => {
  const directory = await testDirectory();
  const path = join(directory, 'config.toml');
  await writeFile(path, 'one');
  const changes = await watched(path);
  for (const [index, text] of ['two', 'three'].entries()) {
    await writeFile(`${path}~`, text);
    await rename(`${path}~`, path);
    await expect.poll(changes).toBe(index + 1);
  }
});

it('tells when the file behind a link is replaced, and when the link is', async () => {
  const directory = await testDirectory();
  const [path, dotfiles, others] = ['config.toml', 'dotfiles', 'others'].map((name) => join(directory, name));
  for (const [folder, text] of [
    [dotfiles, 'one'],
    [others, 'three'],
  ] as const) {
    await mkdir(folder as string);
    await writeFile(join(folder as string, 'gprxy.toml'), text);
  }
  await symlink(join(dotfiles as string, 'gprxy.toml'), path as string);
  const changes = await watched(path as string);
  await writeFile(join(dotfiles as string, 'gprxy.toml'), 'two');
  await expect.poll(changes).toBe(1);
  await symlink(join(others as string, 'gprxy.toml'), `${path}~`);
  await rename(`${path}~`, path as string);
  await expect.poll(changes).toBe(2);
});

it('says nothing of a file that has been touched, taken away, or written as it was', async () => {
  const path = join(await testDirectory(), 'config.toml');
  await writeFile(path, 'one');
  const changes = await watched(path);
  await rm(path);
  await writeFile(path, 'one');
  await writeFile(`${path}.swp`, 'x');
  await writeFile(path, 'two');
  await expect.poll(changes).toBe(1);
});

it('is told where the file is made only later', async () => {
  const path = join(await testDirectory(), 'config.toml');
  const changes = await watched(path);
  await writeFile(path, 'one');
  await expect.poll(changes).toBe(1);
});

it('tells when another directory takes the place of the one it is in', async () => {
  const directory = join(await testDirectory(), 'gprxy');
  const path = join(directory, 'config.toml');
  await mkdir(directory);
  await writeFile(path, 'one');
  const changes = await watched(path, { recheckMs: 50 });
  await rename(directory, `${directory}.old`);
  await mkdir(directory);
  await writeFile(path, 'two');
  await expect.poll(changes).toBe(1);
  await writeFile(path, 'three');
  await expect.poll(changes).toBe(2);
});

it('tells when a directory is made only later', async () => {
  const directory = join(await testDirectory(), 'gprxy');
  const changes = await watched(join(directory, 'config.toml'), { recheckMs: 50 });
  await mkdir(directory);
  await writeFile(join(directory, 'config.toml'), 'one');
  await expect.poll(changes).toBe(1);
});

it('tells when what leads to the file through several links is changed', async () => {
  const directory = await testDirectory();
  const path = join(directory, 'config.toml');
  for (const [name, text] of Object.entries({ one: 'one', two: 'two' })) {
    await mkdir(join(directory, name));
    await writeFile(join(directory, name, 'gprxy.toml'), text);
  }
  await mkdir(join(directory, 'links'));
  await symlink(join(directory, 'one'), join(directory, 'links', 'current'));
  await symlink(join(directory, 'links', 'current', 'gprxy.toml'), path);
  const changes = await watched(path, { recheckMs: 50 });
  await symlink(join(directory, 'two'), join(directory, 'links', 'next'));
  await rename(join(directory, 'links', 'next'), join(directory, 'links', 'current'));
  await expect.poll(changes).toBe(1);
});

it('tells of what was written since the file was read, before it could be watched', async () => {
  const path = join(await testDirectory(), 'config.toml');
  await writeFile(path, 'one');
  expect(await watched(path, { since: Date.now() + 60_000 }).then((changes) => changes())).toBe(0);
  const changes = await watched(path, { since: Date.now() - 60_000 });
  await expect.poll(changes).toBe(1);
});
