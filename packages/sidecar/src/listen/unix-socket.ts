import { lstat, mkdir, rmdir, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { posix } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { GprxyError } from '@gprxy/proxy-core';

/** sockaddr_un.sun_path of macOS, its final NUL not counted; Linux takes 107. A longer name would be cut off silently. */
const MAX_SOCKET_PATH_BYTES = 103;
const RETRY_MS = 10;
/** Looking at a socket takes milliseconds. */
const LOCK_TIMEOUT_MS = 5_000;

/**
 * Makes it safe to bind a Unix socket at `path`: a directory of our own that nobody else can enter, no symbolic link in the way,
 * and a socket left behind by a dead process removed. Rejects with GprxyError; `ERR_ADDRESS_IN_USE` when somebody answers there.
 */
export async function prepareSocketPath(path: string): Promise<void> {
  const bytes = Buffer.byteLength(path);
  if (bytes > MAX_SOCKET_PATH_BYTES) {
    throw refused(
      `the socket path is ${bytes} bytes long, and systems allow ${MAX_SOCKET_PATH_BYTES}: ${path}`,
      'Name a shorter directory: listen = "unix:/directory", or GPRXY_STATE_DIR.',
    );
  }
  const directory = posix.dirname(path);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await requirePrivate(directory);
  const existing = await lstat(path).catch(ignoreMissing);
  if (existing === undefined) return;
  if (!existing.isSocket()) {
    throw refused(
      `${path} is in the way: it is ${existing.isSymbolicLink() ? 'a symbolic link' : 'not a socket'}`,
      'Remove it.',
    );
  }
  await takeOver(path);
}

/** The same for a socket that somebody else has bound for us: that cannot be made safe, only refused. */
export async function requirePrivateSocket(path: string): Promise<void> {
  await requirePrivate(posix.dirname(path));
  const found = await lstat(path).catch(ignoreMissing);
  if (found?.isSocket() && (found.mode & 0o077) === 0) return;
  throw refused(
    `${path}, which was handed over to gprxy, is open to other users of this machine`,
    'Set SocketMode=0600 and DirectoryMode=0700 in its unit; "gprxy service install" writes one.',
  );
}

/** A link could lead anywhere, and whoever may write to the directory could swap the socket for his own. */
async function requirePrivate(directory: string): Promise<void> {
  const found = await lstat(directory);
  const advice = 'Name another directory: listen = "unix:/directory".';
  if (found.isSymbolicLink()) throw refused(`${directory} is a symbolic link`, advice);
  if (!found.isDirectory()) throw refused(`${directory} is not a directory`, advice);
  const uid = process.getuid?.();
  if (uid !== undefined && found.uid !== uid) throw refused(`${directory} belongs to OS user ${found.uid}`, advice);
  if ((found.mode & 0o077) !== 0) {
    throw refused(
      `${directory} is open to other users of this machine`,
      `Run "chmod 700 ${directory}", or name another.`,
    );
  }
}

/** Removes the socket of a process that died. */
async function takeOver(path: string): Promise<void> {
  // Alone: of two programs that start at the same moment, the slower one could otherwise remove what the faster one has just bound.
  await whileLocked(`${path}.lock`, async () => {
    const found = await lstat(path).catch(ignoreMissing);
    // Somebody else has taken it over, and is about to bind.
    if (found === undefined) return;
    // Twice, because between bind(2) and listen(2) a living socket refuses as a dead one does.
    const alive = (await answers(path)) || (await setTimeout(RETRY_MS).then(() => answers(path)));
    if (alive) throw inUse(path);
    const still = await lstat(path).catch(ignoreMissing);
    if (still?.ino === found.ino) await unlink(path).catch(ignoreMissing);
  });
}

/** A directory is the lock: making one succeeds for one program only. One that is old was left behind by a crash. */
async function whileLocked(lock: string, work: () => Promise<void>): Promise<void> {
  while (!(await mkdir(lock).then(() => true, ignoreExisting))) {
    const found = await lstat(lock).catch(ignoreMissing);
    if (found !== undefined && Date.now() - found.mtimeMs > LOCK_TIMEOUT_MS) await rmdir(lock).catch(ignoreMissing);
    await setTimeout(RETRY_MS);
  }
  try {
    await work();
  } finally {
    await rmdir(lock).catch(ignoreMissing);
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => resolve(true));
    // Only a refusal shows that nobody listens; a full queue, say, does not.
    socket.once('error', (error: NodeJS.ErrnoException) =>
      resolve(!['ECONNREFUSED', 'ENOENT'].includes(error.code ?? '')),
    );
    socket.once('connect', () => socket.destroy());
  });
}

function ignoreExisting(error: NodeJS.ErrnoException): false {
  if (error.code === 'EEXIST') return false;
  throw error;
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}

function refused(problem: string, hint: string): GprxyError {
  return new GprxyError(problem, { code: 'ERR_SOCKET_PATH', hint });
}

function inUse(path: string): GprxyError {
  return new GprxyError(`another program listens on ${path}`, {
    code: 'ERR_ADDRESS_IN_USE',
    hint: 'If it is another gprxy, stop it: "gprxy stop".',
  });
}
