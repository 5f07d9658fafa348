import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { freePort, has, leash } from '@gprxy/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type InstalledGprxy, installGprxy, Shell } from './gprxy-shell.testing.ts';

let gprxy: InstalledGprxy;
let shell: Shell;
let directory: string;
beforeAll(async () => {
  gprxy = await installGprxy();
  shell = await Shell.open(gprxy);
  directory = await mkdtemp(join(tmpdir(), 'gprxy-act-'));
});
afterAll(async () => {
  await shell[Symbol.asyncDispose]();
  await gprxy[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

async function configure(listen: readonly string[]): Promise<void> {
  const file = join(shell.home, 'config', 'gprxy', 'config.toml');
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(
    file,
    `[profiles.prod]
issuer = "http://127.0.0.1:1"
client_id = "gprxy-cli"
upstream = "postgresql://localhost:1"
listen = ${JSON.stringify(listen)}
`,
  );
}

/** What a client is told: nobody is signed in, so it is told something. */
async function told(at: { host: string; port: number }): Promise<{ code?: string; message: string }> {
  const client = new pg.Client({ ...at, user: 'any', database: 'sales' });
  client.on('error', () => {});
  return client.connect().then(
    () => new Error('it was let in'),
    (error) => error,
  );
}

const statusOf = async () => JSON.parse((await shell.run('gprxy status --json')).stdout);

/** Hands over sockets that are bound already, as systemd does. */
function startWith(...sockets: Server[]) {
  const descriptors = sockets.map((socket) => (socket as Server & { _handle: { fd: number } })._handle.fd);
  const script = 'LISTEN_PID=$$ exec "$@"';
  const daemon = leash(
    spawn('sh', ['-c', script, 'sh', process.execPath, gprxy.bin, 'start'], {
      env: { ...shell.env, LISTEN_FDS: String(sockets.length) },
      stdio: ['ignore', 'ignore', 'pipe', ...descriptors],
      detached: true,
    }),
  );
  const said = text(daemon.stderr as NodeJS.ReadableStream);
  onTestFinished(() => {
    for (const socket of sockets) socket.close();
  });
  const stop = async () => {
    await shell.run('gprxy stop');
    daemon.kill();
    return said;
  };
  onTestFinished(async () => void (await stop()));
  return { stop, ended: once(daemon, 'exit').then(async ([exitCode]) => ({ exitCode, said: await said })) };
}

async function bound(at: { host: string; port: number } | { path: string }): Promise<Server> {
  const server = createServer().listen(at);
  await once(server, 'listening');
  return server;
}

describe.runIf(has.systemd)('sockets that systemd has bound', () => {
  it('are served by a sidecar that the first client starts, which waits for it', async () => {
    const port = await freePort();
    const path = join(directory, 'unix', '.s.PGSQL.5432');
    await mkdir(join(directory, 'unix'), { mode: 0o700 });
    await configure([`127.0.0.1:${port}`, `unix:${path}`]);
    const sockets = ['-l', `127.0.0.1:${port}`, '-l', `[::1]:${port}`, '-l', path];
    const variables = Object.keys(shell.env).flatMap((name) => ['-E', `${name}=${shell.env[name]}`]);
    const systemd = leash(
      spawn('systemd-socket-activate', [...sockets, ...variables, process.execPath, gprxy.bin, 'start'], {
        env: { ...shell.env },
        stdio: ['ignore', 'ignore', 'pipe'],
        detached: true,
      }),
    );
    onTestFinished(() => void systemd.kill());
    await once(systemd.stderr, 'data');
    await chmod(path, 0o600);
    const refused = { code: expect.stringMatching(/^28/) };
    expect(await told({ host: '127.0.0.1', port })).toMatchObject(refused);
    expect(await told({ host: '::1', port })).toMatchObject(refused);
    expect(await told({ host: join(directory, 'unix'), port: 5432 })).toMatchObject(refused);
    const { pid, listeners, problems } = await statusOf();
    expect({ pid, problems }).toEqual({ pid: systemd.pid, problems: [] });
    expect(listeners.map(({ totalConnections }: { totalConnections: number }) => totalConnections)).toEqual([2, 1]);
    await shell.run('gprxy stop');
  });
});

describe('sockets that somebody has handed over', () => {
  it('S17 one that other machines can reach is not served, although its port is configured', async () => {
    const everywhere = await bound({ host: '0.0.0.0', port: 0 });
    const { port } = everywhere.address() as { port: number };
    await configure([`127.0.0.1:${port}`]);
    const { exitCode, said } = await startWith(everywhere).ended;
    expect(exitCode).toBe(3);
    expect(said).toContain(`nobody is served at a socket that was handed over`);
    expect(said).toContain(`"address":"0.0.0.0:${port}"`);
  });

  it('S36 a Unix socket that others may open is refused', async () => {
    const path = join(directory, 'open', '.s.PGSQL.5432');
    await mkdir(join(directory, 'open'), { mode: 0o700 });
    const socket = await bound({ path });
    await chmod(path, 0o666);
    await configure([`unix:${path}`]);
    const { exitCode, said } = await startWith(socket).ended;
    expect(exitCode).toBe(3);
    expect(said).toMatch(/is open to other users of this machine/);
    expect(said).toMatch(/SocketMode=0600/);
  });

  it('meant for another process, are left alone', async () => {
    const server = await bound({ host: '127.0.0.1', port: 0 });
    const { port } = server.address() as { port: number };
    onTestFinished(() => void server.close());
    await configure([`127.0.0.1:${port}`]);
    const { exitCode, stderr } = await shell.run('gprxy start', { LISTEN_PID: '1', LISTEN_FDS: '1' });
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/another program .*listens/);
  });
});
