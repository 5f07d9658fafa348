import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, lstat, rm, symlink } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import { createProcPeerLookup } from '../client/peer-uid.ts';
import { testDirectory } from '../directory.testing.ts';
import { InheritedSockets } from './inherited-sockets.ts';
import { openAddress } from './open-address.ts';

/** A listener that echoes, and what it has said of its socket. */
async function open() {
  const directory = join(await testDirectory(), 'run');
  const path = join(directory, 'socket');
  const told: unknown[] = [];
  const address = await openAddress({
    address: { path },
    peers: createProcPeerLookup(async function* () {}),
    inherited: InheritedSockets.none,
    maxConnections: 10,
    countConnections: () => 0,
    onGone: (problem) => void told.push(problem),
    recheckMs: 20,
    async serve(socket, _, admission) {
      admission.enter();
      socket.pipe(socket);
      await once(socket, 'close');
    },
  });
  onTestFinished(() => address.drain(0).then(() => undefined));
  return { directory, path, told, address };
}

async function talk(path: string): Promise<Socket> {
  const socket = connect(path).on('error', () => {});
  onTestFinished(() => void socket.destroy());
  socket.write('hello');
  await once(socket, 'data');
  return socket;
}

it('S36 is there again, for its owner alone, when its directory was taken away; who was connected goes on, and is counted', async () => {
  const { directory, path, told, address } = await open();
  const before = await talk(path);
  for (const times of [1, 2]) {
    await rm(directory, { recursive: true });
    await expect.poll(() => told.length).toBe(times);
  }
  expect(told).toEqual([undefined, undefined]);
  expect((await lstat(path)).mode & 0o777).toBe(0o600);
  expect((await lstat(directory)).mode & 0o777).toBe(0o700);
  await talk(path);
  before.write('still here');
  expect(String((await once(before, 'data'))[0])).toBe('still here');
  expect(address.connections).toBe(2);
});

it('S36 is not made again in a place that leads elsewhere; the reason is told, and it is once the place is its own', async () => {
  const { directory, path, told } = await open();
  const elsewhere = await testDirectory();
  await rm(directory, { recursive: true });
  await symlink(elsewhere, directory);
  await expect.poll(() => String(told.at(-1))).toContain('is a symbolic link');
  expect(existsSync(join(elsewhere, 'socket'))).toBe(false);
  await rm(directory);
  await expect.poll(() => told.at(-1)).toBe(undefined);
  await talk(path);
});

it('is not made again once it drains, and who came by the former ones is waited for and counted', async () => {
  const { directory, path, told, address } = await open();
  const before = await talk(path);
  await rm(directory, { recursive: true });
  await expect.poll(() => told.length).toBe(1);
  const drained = address.drain();
  before.end();
  expect(await text(before)).toBe('');
  expect(await drained).toEqual({ forced: 0 });
  expect(existsSync(path)).toBe(false);
  await chmod(directory, 0o700);
  expect(told).toEqual([undefined]);
});
