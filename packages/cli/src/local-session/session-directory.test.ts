import { existsSync } from 'node:fs';
import { mkdir, stat, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { temporaryDirectory } from '@gprxy/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Dependencies } from '../dependencies.ts';
import { createSessionDirectory, socketName } from './session-directory.ts';

describe('the directory of a session', () => {
  let home: Awaited<ReturnType<typeof temporaryDirectory>>;
  beforeEach(async () => {
    home = await temporaryDirectory();
  });
  afterEach(() => home.remove());

  const create = (stateDirectory = home.path) =>
    createSessionDirectory({
      env: { GPRXY_STATE_DIR: stateDirectory },
      platform: 'linux',
      homedir: home.path,
      tmpdir: home.path,
      now: Date.now,
    } as unknown as Dependencies);

  it('is for its user alone', async () => {
    const directory = await create();
    expect(directory).toMatch(`${home.path}/run/gprxy-session-`);
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
  });

  it('is elsewhere where a socket would have too long a name', async () => {
    expect(await create(join(home.path, 'long'.repeat(30)))).toMatch(`${home.path}/gprxy-session-`);
  });

  it('takes away what killed sessions have left, and nothing else', async () => {
    const root = join(home.path, 'run');
    const [killed, young, served, foreign] = ['gprxy-session-a', 'gprxy-session-b', 'gprxy-session-c', 'other'].map(
      (name) => join(root, name),
    ) as [string, string, string, string];
    for (const directory of [killed, young, served, foreign]) await mkdir(directory, { recursive: true });
    await writeFile(join(killed, 'rest'), '');
    const server = createServer().listen(join(served, socketName));
    try {
      const longAgo = new Date(Date.now() - 3_600_000);
      for (const directory of [killed, served, foreign]) await utimes(directory, longAgo, longAgo);
      await create();
      expect([killed, young, served, foreign].map((path) => existsSync(path))).toEqual([false, true, true, true]);
    } finally {
      server.close();
    }
  });
});
