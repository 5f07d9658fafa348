import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { collectLog } from '../config/profile.testing.ts';
import { testDirectory } from '../directory.testing.ts';
import { watchFile } from './watch-file.ts';

/** Watches a file and counts its changes. */
async function watched(path: string) {
  let changes = 0;
  const count = () => {
    changes += 1;
  };
  const watching = watchFile(path, count, collectLog().log);
  onTestFinished(() => watching.close());
  // Whether the system already watches cannot be asked.
  await new Promise((resolve) => setTimeout(resolve, 50));
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
