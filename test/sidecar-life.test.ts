import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { encodeStartupMessage, PROTOCOL_3_0 } from '@gprxy/proxy-core';
import { freePort, has, programs } from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type InstalledGprxy, installGprxy, Shell } from './gprxy-shell.testing.ts';

let gprxy: InstalledGprxy;
beforeAll(async () => {
  gprxy = await installGprxy();
});
afterAll(() => gprxy[Symbol.asyncDispose]());

const profile = (name: string, listen: string) => `
[profiles.${name}]
issuer = "https://login.example"
client_id = "gprxy-cli"
upstream = "postgresql://localhost:1"
listen = "${listen}"
`;

/** As a careful editor does it. */
async function replaceConfig(shell: Shell, text: string): Promise<void> {
  const file = join(shell.home, 'config', 'gprxy', 'config.toml');
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(`${file}~`, text);
  await rename(`${file}~`, file);
}

async function openShell(config: string): Promise<Shell> {
  const shell = await Shell.open(gprxy);
  await replaceConfig(shell, config);
  return shell;
}

const statusOf = async (shell: Shell) => JSON.parse((await shell.run('gprxy status --json')).stdout);

describe.runIf(has.systemd && has.psycopg2)('a sidecar that systemd looks after', () => {
  // Node has no sockets for datagrams with a name.
  const listener = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("bound", flush=True)
while True: print(s.recv(4096).decode().replace("\\n", " "), flush=True)
`;

  it('tells it when it is ready, that it is alive, when it reads its configuration again, and when it ends', async () => {
    await using shell = await openShell(profile('prod', 'unix'));
    const socket = join(shell.home, 'notify');
    const supervisor = spawn(programs.python, ['-c', listener, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void supervisor.kill());
    let told = '';
    supervisor.stdout.on('data', (chunk) => {
      told += chunk;
    });
    await expect.poll(() => told).toContain('bound');
    const daemon = shell.start('gprxy start', { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '1000000' });
    await expect.poll(() => told, { timeout: 10_000 }).toMatch(/READY=1 STATUS=Listening on \S+/);
    await expect.poll(() => told, { timeout: 10_000 }).toMatch(/WATCHDOG=1[\s\S]*WATCHDOG=1/);
    await shell.run('gprxy reload');
    await expect
      .poll(() => told, { timeout: 10_000 })
      .toMatch(/READY=1[\s\S]*RELOADING=1 MONOTONIC_USEC=\d+ [\s\S]*READY=1/);
    await shell.run('gprxy stop');
    expect((await daemon.ended).exitCode).toBe(0);
    await expect.poll(() => told, { timeout: 10_000 }).toMatch(/STOPPING=1 STATUS=Stopping/);
  });
});

describe('a sidecar in the background', () => {
  it('lives from start to stop, and there is only one', async () => {
    const port = await freePort();
    await using shell = await openShell(profile('prod', `127.0.0.1:${port}`));
    const [first, second] = await Promise.all([shell.run('gprxy start --detach'), shell.run('gprxy start --detach')]);
    expect([first.exitCode, second.exitCode]).toEqual([0, 0]);
    expect(`${first.stderr}${second.stderr}`).toContain(`Listening on 127.0.0.1:${port}`);
    expect(`${first.stderr}${second.stderr}`).toMatch(/already running \(process \d+\)/);
    expect(await shell.run('gprxy wait')).toMatchObject({ exitCode: 0, stderr: '' });
    const { pid } = await statusOf(shell);
    const restarted = await shell.run('gprxy restart');
    expect(restarted).toMatchObject({ exitCode: 0 });
    expect(restarted.stderr).toContain(`Stopped gprxy (process ${pid}).`);
    const after = await statusOf(shell);
    expect(after).toMatchObject({ state: 'running', listeners: [{ address: `127.0.0.1:${port}` }] });
    expect(after.pid).not.toBe(pid);
    expect((await shell.run('gprxy stop')).stderr).toBe(`Stopped gprxy (process ${after.pid}).\n`);
    expect((await shell.run('gprxy status')).exitCode).toBe(1);
  });

  it('takes over what one that was killed has left behind', async () => {
    await using shell = await openShell(profile('prod', 'unix'));
    await shell.run('gprxy start --detach');
    const { pid } = await statusOf(shell);
    process.kill(pid, 'SIGKILL');
    const again = await shell.run('gprxy start --detach');
    expect(again).toMatchObject({ exitCode: 0 });
    expect(again.stderr).toMatch(/Listening on .*\.s\.PGSQL\.5432/);
  });

  it('makes its sockets again when somebody removes the directory that they are in, and says so in its log', async () => {
    await using shell = await openShell(profile('prod', 'unix'));
    await shell.run('gprxy start --detach');
    const { pid, listeners } = await statusOf(shell);
    await rm(join(shell.home, 'state', 'run'), { recursive: true });
    expect((await shell.run('gprxy status')).exitCode).toBe(1);
    await expect.poll(async () => (await shell.run('gprxy status')).exitCode, { timeout: 20_000 }).toBe(0);
    const isServed = () =>
      new Promise((resolve) => {
        const client = connect(listeners[0].address, () => client.destroy());
        client.on('error', () => resolve(false)).on('close', () => resolve(true));
      });
    await expect.poll(isServed, { timeout: 20_000 }).toBe(true);
    expect(await statusOf(shell)).toMatchObject({ pid, problems: [] });
    expect(await readFile(join(shell.home, 'state', 'gprxy.log'), 'utf8')).toContain('the socket was removed');
  }, 60_000);

  it('S36 is one, when many are started at once over what a killed one has left behind', async () => {
    const port = await freePort();
    await using shell = await openShell(`${profile('prod', 'unix')}${profile('tcp', `127.0.0.1:${port}`)}`);
    await shell.run('gprxy start --detach');
    process.kill((await statusOf(shell)).pid, 'SIGKILL');
    const starts = await Promise.all(Array.from({ length: 50 }, () => shell.run('gprxy start --detach')));
    expect(starts.map(({ exitCode }) => exitCode)).toEqual(starts.map(() => 0));
    expect(starts.filter(({ stderr }) => !stderr.includes('already running'))).toHaveLength(1);
    const { pid, listeners, problems } = await statusOf(shell);
    expect(listeners).toMatchObject([{ state: 'listening' }, { state: 'listening' }]);
    expect(problems).toEqual([]);
    expect((await shell.run('gprxy stop')).stderr).toBe(`Stopped gprxy (process ${pid}).\n`);
    expect((await shell.run('gprxy status')).exitCode).toBe(1);
  }, 90_000);

  it('S36 is one or none, whatever is started, stopped and killed at the same moment', async () => {
    const port = await freePort();
    await using shell = await openShell(`${profile('prod', 'unix')}${profile('tcp', `127.0.0.1:${port}`)}`);
    const lines = ['gprxy start --detach', 'gprxy stop', 'gprxy start --detach', 'gprxy start'];
    for (const killed of [false, true, false]) {
      expect(await shell.run('gprxy start --detach')).toMatchObject({ exitCode: 0 });
      const { pid } = await statusOf(shell);
      const commands = lines.map((line) => shell.start(line));
      if (killed) process.kill(pid, 'SIGKILL');
      // The one in the foreground may be the one that serves.
      const ends = await Promise.all(commands.slice(0, 3).map(({ ended }) => ended));
      expect(ends.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
      expect(await shell.run('gprxy start --detach')).toMatchObject({ exitCode: 0 });
      expect(await statusOf(shell)).toMatchObject({ state: 'running', problems: [] });
      expect((await shell.run('gprxy stop')).exitCode).toBe(0);
      expect(await commands[3]?.ended).toMatchObject({ exitCode: 0 });
      expect((await shell.run('gprxy status')).exitCode).toBe(1);
      const [refused] = await once(connect(port, '127.0.0.1'), 'error').catch((error) => [error]);
      expect(refused).toMatchObject({ code: 'ECONNREFUSED' });
    }
  }, 90_000);

  it('is started once the one before has ended, which may still wait for its connections', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    onTestFinished(() => void silent.close());
    await once(silent, 'listening');
    const [port, upstream] = [await freePort(), (silent.address() as { port: number }).port];
    await using shell = await openShell(`
[profiles.prod]
credential = "password"
password_env = "APP_PASSWORD"
user = "app"
upstream = "postgresql://localhost:${upstream}"
listen = "127.0.0.1:${port}"
`);
    const env = { APP_PASSWORD: 'secret' };
    await shell.run('gprxy start --detach', env);
    const { pid } = await statusOf(shell);
    const client = connect(port, '127.0.0.1').on('error', () => {});
    onTestFinished(() => void client.destroy());
    client.write(encodeStartupMessage(PROTOCOL_3_0, [['user', 'alice']]));
    await expect.poll(async () => (await statusOf(shell)).listeners[0].connections).toBe(1);
    const stopping = shell.run('gprxy stop');
    await expect.poll(async () => (await statusOf(shell)).state).toBe('stopping');
    const starting = shell.start('gprxy start --detach', env);
    await starting.says(/gprxy \(process \d+\) is stopping/);
    client.destroy();
    expect(await stopping).toMatchObject({ exitCode: 0 });
    expect((await starting.ended).stderr).toContain(`Listening on 127.0.0.1:${port}`);
    expect((await statusOf(shell)).pid).not.toBe(pid);
  });

  it('logs to a file that only its owner can read, and that can be followed', async () => {
    await using shell = await openShell(profile('prod', 'unix'));
    await shell.run('gprxy start --detach');
    const file = join(shell.home, 'state', 'gprxy.log');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const following = shell.start('gprxy logs -f');
    await expect.poll(() => readFile(file, 'utf8')).toContain('Listening');
    await shell.run('gprxy reload');
    await following.prints(/info reloaded/);
    following.interrupt();
    expect(await following.ended).toMatchObject({ exitCode: 130, stderr: '' });
  });

  it('goes by its configuration, whenever that changes, and says what is wrong with it', async () => {
    const [one, two] = [await freePort(), await freePort()];
    await using shell = await openShell(profile('prod', `127.0.0.1:${one}`));
    await shell.run('gprxy start --detach');
    const watching = shell.start('gprxy status --watch');
    await watching.prints(/"state":"running"/);

    await replaceConfig(shell, `${profile('prod', `127.0.0.1:${one}`)}${profile('new', `127.0.0.1:${two}`)}`);
    await watching.prints(/"profile":"new","address":"127\.0\.0\.1:\d+","state":"listening"/);

    await replaceConfig(shell, `${profile('prod', `127.0.0.1:${one}`)}oops`);
    await watching.prints(/"problems":\[\{"message":"[^"]*config\.toml:7: not valid TOML/);
    const reloaded = await shell.run('gprxy reload');
    expect(reloaded).toMatchObject({ exitCode: 3 });
    expect(reloaded.stderr).toMatch(/config\.toml:7: not valid TOML/);
    expect((await statusOf(shell)).listeners).toHaveLength(2);

    await replaceConfig(shell, profile('new', `127.0.0.1:${two}`));
    await watching.prints(/"listeners":\[\{"profile":"new"[^[]*\],"problems":\[\]/);
    watching.interrupt();
    expect(await watching.ended).toMatchObject({ exitCode: 130, stderr: '' });
  });

  it('does not start where a port is taken, and says by whom', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const { port } = squatter.address() as { port: number };
    await using shell = await openShell(profile('prod', `127.0.0.1:${port}`));
    const { exitCode, stderr } = await shell.run('gprxy start --detach');
    squatter.close();
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/^gprxy: profile "prod": another program .*listens on 127\.0\.0\.1:\d+\n {2}Stop it/);
  });
});
