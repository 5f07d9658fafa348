import { constants, type FileHandle, open } from 'node:fs/promises';
import type { CredentialError } from '../errors.ts';
import { sourceFailed } from './source-failed.ts';

const maxFileBytes = 1_048_576;

export interface NamedFile {
  readonly text: string;
  /** Permission bits and owner; on Windows they say nothing. */
  readonly mode: number;
  readonly uid: number;
}

/**
 * The file that a key of the profile names, read anew each time: Kubernetes swaps a link to renew it, others rename a new one into
 * place. Links are followed, since a person named this file. @param key of the profile, for messages
 * @throws CredentialError `ERR_SOURCE_FAILED`
 */
export async function readNamedFile(path: string, key: string): Promise<NamedFile> {
  const file = await openFile(path, key);
  try {
    const { mode, uid, size } = await file.stat();
    if (!isRegular(mode)) throw unusable(path, key, 'is not a regular file');
    if (size > maxFileBytes) throw unusable(path, key, 'is larger than any credential');
    return { text: await file.readFile('utf8'), mode: mode & 0o777, uid };
  } finally {
    await file.close();
  }
}

function isRegular(mode: number): boolean {
  return (mode & constants.S_IFMT) === constants.S_IFREG;
}

async function openFile(path: string, key: string): Promise<FileHandle> {
  // O_NONBLOCK: a FIFO that nobody writes to must not hang. Windows does not know it.
  const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
  try {
    return await open(path, flags);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw unusable(path, key, 'does not exist', cause);
    if (code === 'EACCES') throw unusable(path, key, 'may not be read by you', cause);
    throw unusable(path, key, `cannot be read (${code ?? 'unknown error'})`, cause);
  }
}

function unusable(path: string, key: string, what: string, cause?: unknown): CredentialError {
  return sourceFailed(`${path} ${what}`, `Correct "${key}" in the profile, or put the file there.`, cause);
}
