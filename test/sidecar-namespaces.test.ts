import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { freePort, leash } from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type InstalledGprxy, installGprxy, Shell } from './gprxy-shell.testing.ts';

let gprxy: InstalledGprxy;
beforeAll(async () => {
  gprxy = await installGprxy();
});
afterAll(() => gprxy[Symbol.asyncDispose]());

const may = (...unshare: string[]) => spawnSync('unshare', [...unshare, 'true']).status === 0;

async function openShell(): Promise<Shell> {
  const shell = await Shell.open(gprxy);
  await mkdir(join(shell.home, 'config', 'gprxy'), { recursive: true });
  await writeFile(
    join(shell.home, 'config', 'gprxy', 'config.toml'),
    `[profiles.prod]
issuer = "https://login.example"
client_id = "gprxy-cli"
upstream = "postgresql://localhost:1"
listen = "127.0.0.1:${await freePort()}"
`,
  );
  return shell;
}

/** Runs `gprxy start` in a namespace of its own. */
async function startIn(shell: Shell, unshare: readonly string[], prepare = 'true') {
  const script = `${prepare} && exec "$0" "$@"`;
  const args = [...unshare, 'sh', '-c', script, process.execPath, gprxy.bin, 'start'];
  const daemon: ChildProcess = leash(spawn('unshare', args, { env: shell.env, stdio: ['ignore', 'ignore', 'pipe'] }));
  const stderr = text(daemon.stderr as NodeJS.ReadableStream);
  const exitCode = await new Promise((resolve) => daemon.once('exit', resolve));
  return { exitCode, stderr: await stderr };
}

const refused = {
  exitCode: 3,
  stderr: expect.stringMatching(/does not say which OS user[\s\S]*listen = "unix"[\s\S]*local_auth = "password"/),
};

describe.runIf(process.platform === 'linux')('S15 same-user in a container', { timeout: 60_000 }, () => {
  it('is not served where the container shows every user by the same number', async ({ skip }) => {
    if (!may('-U')) skip('user namespaces may not be made here');
    await using shell = await openShell();
    expect(await startIn(shell, ['-U'])).toMatchObject(refused);
  });

  it('is not served where /proc shows no connections', async ({ skip }) => {
    if (!may('-m')) skip('file systems may not be mounted here');
    await using shell = await openShell();
    expect(await startIn(shell, ['-m'], 'mount -t proc -o subset=pid proc /proc')).toMatchObject(refused);
  });
});
