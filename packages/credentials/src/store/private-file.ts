import { randomUUID } from 'node:crypto';
import { close, fstat, open as openDescriptor, readFile } from 'node:fs';
import { constants, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { refused, refuseWhatOthersReach, storeFailed } from './private-directory.ts';

const maxFileBytes = 1_048_576;

/** `undefined` when there is no such file. Refuses links, other owners and modes wider than 0600. */
export async function readPrivateFile(path: string): Promise<string | undefined> {
  const file = await openUnfollowed(path);
  if (file === undefined) return undefined;
  try {
    const stats = await promisify(fstat)(file);
    if (!stats.isFile()) throw refused(path, 'is not a regular file', `Move ${path} away`);
    refuseWhatOthersReach(path, stats, 'chmod 600');
    if (stats.nlink > 1)
      throw refused(path, 'has a second name (a hard link)', `Find it with "find / -samefile '${path}'" and remove it`);
    if (stats.size > maxFileBytes) throw refused(path, 'is larger than any login', `Move ${path} away`);
    return await promisify(readFile)(file, 'utf8');
  } finally {
    await promisify(close)(file);
  }
}

/** A descriptor and not a FileHandle: programs call get-token all day, and those take longer to load than the file to read. */
async function openUnfollowed(path: string): Promise<number | undefined> {
  // O_NONBLOCK: opening a planted FIFO must not hang. Windows knows neither flag.
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  try {
    return await promisify(openDescriptor)(path, flags);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code === 'ELOOP' || code === 'EMLINK') throw refused(path, 'is a symbolic link', `Remove the link ${path}`);
    throw storeFailed(`cannot open ${path}`, path, cause);
  }
}

/** Whole or not at all, and on disk when it resolves: a new file beside it, synced, renamed into place. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeSynced(temporary, text);
    await rename(temporary, path);
    await syncDirectory(dirname(path));
  } catch (cause) {
    await unlink(temporary).catch(() => undefined);
    throw storeFailed(`cannot write ${path}`, path, cause);
  }
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Without it a power cut may bring the former file back. Windows cannot open directories, and needs not. */
async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(directory, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
