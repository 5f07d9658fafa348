import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { GprxyError } from '@gprxy/proxy-core';

export interface OpenAuditFile {
  readonly handle: FileHandle;
  /** Its last line has no end: a full disk, or a process that was killed, cut it off. */
  readonly isTorn: boolean;
}

// Not following a link, so that nobody who can write to the directory chooses the file; not waiting for the reader of
// a pipe. Readable, to see how the file ends.
const FLAGS = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Opens a file for its owner alone; what is in it stays. Errors: GprxyError, and those of open(2). */
export async function openAuditFile(path: string): Promise<OpenAuditFile> {
  const handle = await open(path, FLAGS, 0o600).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ELOOP' ? unsafe(`${path} is a symbolic link`, 'Name the file itself.', error) : error;
  });
  try {
    return { handle, isTorn: await checkFile(handle, path) };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Whether the file is torn. Devices have no end to look at. */
async function checkFile(handle: FileHandle, path: string): Promise<boolean> {
  const stats = await handle.stat();
  if (stats.isCharacterDevice()) return false;
  if (!stats.isFile()) throw unsafe(`${path} is not a file`, 'Audit records go to a file, or to stdout.');
  if ((stats.mode & 0o022) !== 0) {
    throw unsafe(`${path} can be written by others, who could forge records`, `Run: chmod go-w '${path}'`);
  }
  if (stats.size === 0) return false;
  const last = Buffer.alloc(1);
  await handle.read(last, 0, 1, stats.size - 1);
  return last.toString('latin1') !== '\n';
}

function unsafe(message: string, hint: string, cause?: unknown): GprxyError {
  return new GprxyError(`the audit log cannot be kept: ${message}`, { code: 'ERR_CONFIG_AUDIT_FILE', hint, cause });
}
