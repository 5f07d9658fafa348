import type { Stats } from 'node:fs';
import { lstat, mkdir } from 'node:fs/promises';
import { CredentialError } from '../errors.ts';

/** Makes the directory if need be; refuses one that somebody else could look into or swap files in. */
export async function ensurePrivateDirectory(directory: string): Promise<void> {
  const stats = (await look(directory)) ?? (await make(directory));
  if (stats.isSymbolicLink()) throw refused(directory, 'is a symbolic link', `Replace ${directory} with a directory`);
  if (!stats.isDirectory()) throw refused(directory, 'is not a directory', `Move ${directory} away`);
  refuseWhatOthersReach(directory, stats, 'chmod 700');
}

async function look(directory: string): Promise<Stats | undefined> {
  return lstat(directory).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined;
    throw storeFailed(`cannot look at the directory ${directory}`, directory, cause);
  });
}

async function make(directory: string): Promise<Stats> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    return await lstat(directory);
  } catch (cause) {
    throw storeFailed(`cannot make the directory ${directory}`, directory, cause);
  }
}

/** POSIX only: on Windows the profile folder's own access list keeps others out, and modes say nothing. */
export function refuseWhatOthersReach(path: string, stats: Stats, mend: string): void {
  if (process.getuid === undefined) return;
  if (stats.uid !== process.getuid()) {
    throw refused(path, `belongs to another user (uid ${stats.uid})`, `Run "chown $(id -u) '${path}'" as root`);
  }
  if ((stats.mode & 0o077) !== 0) {
    const mode = (stats.mode & 0o777).toString(8).padStart(4, '0');
    throw refused(path, `is open to other users (mode ${mode})`, `Run "${mend} '${path}'"`);
  }
}

export function refused(path: string, what: string, mend: string): CredentialError {
  return new CredentialError('ERR_STORE_FAILED', `${path} ${what}; refusing to keep or read tokens there`, {
    hint: `${mend}, then run the "gprxy" command again.`,
  });
}

/** File system errors name paths, never contents, so the cause may stay. */
export function storeFailed(message: string, path: string, cause: unknown): CredentialError {
  const reason = (cause as NodeJS.ErrnoException | undefined)?.code ?? 'unknown error';
  return new CredentialError('ERR_STORE_FAILED', `${message} (${reason})`, {
    hint: isFull(cause)
      ? `Make room on the disk of ${path}, then try again.`
      : `Make ${path} usable for you, then run the "gprxy" command again.`,
    cause,
  });
}

function isFull(cause: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes((cause as NodeJS.ErrnoException | undefined)?.code ?? '');
}
