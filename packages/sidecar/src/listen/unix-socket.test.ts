import { once } from 'node:events';
import { chmod, chown, lstat, mkdir, readdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { leaveStaleSocket, testDirectory } from '../directory.testing.ts';
import { prepareSocketPath } from './unix-socket.ts';

async function listenOn(path: string): Promise<void> {
  const server = createServer((socket) => socket.destroy()).listen(path);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
}

it('S36 makes a directory that only its owner can enter', async () => {
  const directory = join(await testDirectory(), 'a', 'b');
  await prepareSocketPath(join(directory, 's'));
  expect((await lstat(directory)).mode & 0o777).toBe(0o700);
});

it.each<[string, (directory: string) => Promise<unknown>, RegExp]>([
  [
    'a directory that others can enter',
    (d) => mkdir(join(d, 'x')).then(() => chmod(join(d, 'x'), 0o755)),
    /open to other users/,
  ],
  ['a link in place of the directory', (d) => symlink(d, join(d, 'x')), /is a symbolic link/],
  ['a file in place of the directory', (d) => writeFile(join(d, 'x'), ''), /EEXIST|ENOTDIR|not a directory/],
])('S36 refuses %s', async (_, make, message) => {
  const directory = await testDirectory();
  await make(directory);
  await expect(prepareSocketPath(join(directory, 'x', 's'))).rejects.toThrow(message);
});

it.runIf(process.getuid?.() === 0)('S36 refuses a directory of another user', async () => {
  const directory = join(await testDirectory(), 'x');
  await mkdir(directory, { mode: 0o700 });
  await chown(directory, 65_534, 65_534);
  await expect(prepareSocketPath(join(directory, 's'))).rejects.toThrow(/belongs to OS user 65534/);
});

it('S36 refuses a link in place of the socket, even to a socket', async () => {
  const directory = await testDirectory();
  await listenOn(join(directory, 'real'));
  await symlink(join(directory, 'real'), join(directory, 's'));
  await symlink(join(directory, 'nothing'), join(directory, 'dangling'));
  for (const name of ['s', 'dangling']) {
    await expect(prepareSocketPath(join(directory, name))).rejects.toThrow(/is a symbolic link/);
  }
});

it('S36 leaves a file alone that is no socket', async () => {
  const path = join(await testDirectory(), 's');
  await writeFile(path, 'precious');
  await expect(prepareSocketPath(path)).rejects.toThrow(/not a socket/);
});

it('S36 takes over the socket of a dead process, and leaves nothing else behind', async () => {
  const directory = await testDirectory();
  leaveStaleSocket(join(directory, 's'));
  expect((await lstat(join(directory, 's'))).isSocket()).toBe(true);
  await prepareSocketPath(join(directory, 's'));
  expect(await readdir(directory)).toEqual([]);
  await listenOn(join(directory, 's'));
});

it('S36 is not held up by a lock that a crash left behind', async () => {
  const path = join(await testDirectory(), 's');
  leaveStaleSocket(path);
  await mkdir(`${path}.lock`);
  await utimes(`${path}.lock`, 0, 0);
  await prepareSocketPath(path);
  await listenOn(path);
});

it('S36 does not take over the socket of a living one', async () => {
  const path = join(await testDirectory(), 's');
  await listenOn(path);
  await expect(prepareSocketPath(path)).rejects.toMatchObject({ code: 'ERR_ADDRESS_IN_USE' });
  expect((await lstat(path)).isSocket()).toBe(true);
});

it('refuses a path that the system would cut off', async () => {
  await expect(prepareSocketPath(`/tmp/${'x'.repeat(120)}/s`)).rejects.toThrow(/127 bytes long, and systems allow 103/);
});

it('S36 one of many that start at the same moment gets the socket of a dead process', async () => {
  for (let round = 0; round < 20; round++) {
    const path = join(await testDirectory(), 's');
    leaveStaleSocket(path);
    const won = await Promise.allSettled(
      Array.from({ length: 10 }, async () => {
        await prepareSocketPath(path);
        await listenOn(path);
      }),
    );
    expect(won.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await expect(prepareSocketPath(path)).rejects.toMatchObject({ code: 'ERR_ADDRESS_IN_USE' });
  }
});
