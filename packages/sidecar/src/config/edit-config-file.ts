import { access, chmod, constants, mkdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ConfigError } from './config-error.ts';

/**
 * Replaces the text of the configuration file by what `change` makes of it, atomically, with mode 0600 in a 0700 directory. `change`
 * gets an empty text where there is no file, and leaves the file alone by throwing. Rejects with ConfigError when the file cannot be
 * read or written.
 */
export async function editConfigFile(path: string, change: (text: string) => string): Promise<void> {
  const before = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw new ConfigError(`cannot be read (${error.code})`, { path, cause: error });
  });
  const after = change(before);
  if (after !== before) await replaceFile(path, after);
}

/** Rejects with ConfigError where the file, which is there, could not be replaced. */
export async function requireReplaceable(path: string): Promise<void> {
  const target = await realpath(path).catch(() => path);
  await access(dirname(target), constants.W_OK).catch((cause) => {
    throw notWritable(path, cause);
  });
}

async function replaceFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 }).catch(async (cause) => {
    throw notWritable(path, await whyNoDirectory(dirname(path), cause));
  });
  // A file that is a link (to a dotfiles repository, say) stays one: its target is replaced.
  const target = await realpath(path).catch(() => path);
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, text, { mode: 0o600, flag: 'wx' });
    await chmod(temporary, 0o600);
    await rename(temporary, target);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw notWritable(path, cause);
  }
}

/** Node tells ENOENT of a read-only file system (EROFS): the nearest directory that is there tells why. */
async function whyNoDirectory(path: string, cause: NodeJS.ErrnoException): Promise<NodeJS.ErrnoException> {
  if (cause.code !== 'ENOENT' || dirname(path) === path) return cause;
  const refusal = await access(dirname(path), constants.W_OK).catch((error: NodeJS.ErrnoException) => error);
  if (refusal === undefined) return cause;
  return refusal.code === 'ENOENT' ? whyNoDirectory(dirname(path), cause) : refusal;
}

function notWritable(path: string, cause: unknown): ConfigError {
  const { code } = cause as NodeJS.ErrnoException;
  return new ConfigError(`cannot be written (${code})`, { path, cause, hint: whatWouldHelp(code) });
}

function whatWouldHelp(code: string | undefined): string {
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'Make room on its disk, then try again; nothing was changed.';
  return 'Make it and its directory writable for you, or name another file by GPRXY_CONFIG, then try again.';
}
