import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { freePort } from '@gprxy/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type InstalledGprxy, installGprxy, Shell } from './gprxy-shell.testing.ts';

let gprxy: InstalledGprxy;
beforeAll(async () => {
  gprxy = await installGprxy();
});
afterAll(() => gprxy[Symbol.asyncDispose]());

const env = { APP_PASSWORD: 'secret' };
const profile = (name: string, upstream: string, listen: string) => `
[profiles.${name}]
credential = "password"
password_env = "APP_PASSWORD"
user = "app"
upstream = "${upstream}"
listen = "${listen}"
drain_timeout = "1s"
`;

async function openShell(configuration: string): Promise<Shell> {
  const shell = await Shell.open(gprxy);
  const directory = join(shell.home, 'config', 'gprxy');
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'config.toml'), configuration);
  return shell;
}

const socketIn = (shell: Shell) => join(shell.home, 'state', 'run', 'control.sock');

/** It takes connections, and never says a word. */
async function silentServer(): Promise<{ port: number; connections: () => number }> {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.on('error', () => {}).resume();
    onTestFinished(() => void socket.destroy());
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return { port: (server.address() as { port: number }).port, connections: () => connections };
}

describe.runIf(process.platform === 'linux')('a sidecar that is told to end early', { timeout: 60_000 }, () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'ends with 0 on %s that comes as soon as it can be found, and leaves nothing behind',
    async (signal) => {
      const ports = await Promise.all(Array.from({ length: 5 }, freePort));
      const profiles = ports.map((port) => profile(`p${port}`, 'postgresql://localhost:1', `127.0.0.1:${port}`));
      await using shell = await openShell(profiles.join('') + profile('unix', 'postgresql://localhost:1', 'unix'));
      const daemon = shell.start('gprxy start', env);
      await expect.poll(() => existsSync(socketIn(shell)), { interval: 1, timeout: 20_000 }).toBe(true);
      if (signal === 'SIGTERM') daemon.terminate();
      else daemon.interrupt();
      expect(await daemon.ended).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('Stopped.') });
      expect(
        (await readdir(join(shell.home, 'state'), { recursive: true })).filter((name) => /sock|PGSQL/.test(name)),
      ).toEqual([]);
    },
  );

  it('drains, tells who is in the middle of a login, and ends with 0', async () => {
    const [port, silent] = [await freePort(), await silentServer()];
    await using shell = await openShell(
      profile('prod', `postgresql://localhost:${silent.port}?connect_timeout=60`, `127.0.0.1:${port}`),
    );
    const daemon = shell.start('gprxy start', env);
    await daemon.says(/Listening on/);
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'any', database: 'sales' });
    client.on('error', () => undefined);
    const told = client.connect().catch((error) => error);
    await expect.poll(silent.connections).toBe(1);
    daemon.terminate();
    expect(await told).toMatchObject({ code: '57P01', hint: expect.stringContaining('Connect again') });
    expect(await daemon.ended).toMatchObject({ exitCode: 0 });
    expect(existsSync(socketIn(shell))).toBe(false);
  });
});
