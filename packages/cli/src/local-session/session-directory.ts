import { lstat, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { paths } from '@gprxy/sidecar';
import { configInput } from '../config-input.ts';
import type { Dependencies } from '../dependencies.ts';

/** Longest path of a Unix socket that Linux and macOS both take, in bytes, without the closing NUL. */
const maxSocketPathBytes = 103;
const prefix = 'gprxy-session-';
export const socketName = '.s.PGSQL.5432';
/** From its making to its socket a directory takes milliseconds; a younger one is left alone. */
const youngMs = 60_000;

/**
 * A new directory that only this user can enter, for the socket of one session. What sessions that were killed have left behind is
 * removed first: nobody else comes by to do it.
 */
export async function createSessionDirectory(dependencies: Dependencies): Promise<string> {
  const root = await sessionRoot(dependencies);
  await removeAbandoned(root, dependencies.now()).catch(() => undefined);
  // mkdtemp makes the directory with mode 0700.
  return mkdtemp(join(root, prefix));
}

/** Beside the daemon's own sockets; in a temporary directory where that path is too long for a socket. */
async function sessionRoot(dependencies: Dependencies): Promise<string> {
  const { runtimeDirectory } = paths(configInput(dependencies));
  if (!isShortEnough(runtimeDirectory)) return isShortEnough(dependencies.tmpdir) ? dependencies.tmpdir : '/tmp';
  await mkdir(runtimeDirectory, { recursive: true, mode: 0o700 });
  return runtimeDirectory;
}

function isShortEnough(root: string): boolean {
  return Buffer.byteLength(join(root, `${prefix}XXXXXX`, socketName)) <= maxSocketPathBytes;
}

async function removeAbandoned(root: string, now: number): Promise<void> {
  const names = (await readdir(root)).filter((name) => name.startsWith(prefix));
  await Promise.all(
    names.map(async (name) => {
      const directory = join(root, name);
      if (await isAbandoned(directory, now)) await rm(directory, { recursive: true, force: true });
    }),
  );
}

/** By its socket and not by a pid, which means nothing in another container that shares the directory. */
async function isAbandoned(directory: string, now: number): Promise<boolean> {
  const found = await lstat(directory).catch(() => undefined);
  if (!found?.isDirectory() || found.uid !== process.getuid?.() || now - found.mtimeMs < youngMs) return false;
  return new Promise((resolve) => {
    const socket = connect({ path: join(directory, socketName) });
    socket.once('connect', () => socket.destroy());
    socket.once('connect', () => resolve(false));
    // Only these show that nobody listens; a full queue, say, does not.
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'ECONNREFUSED' || code === 'ENOENT'));
  });
}
