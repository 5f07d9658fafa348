import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CliError } from '../../../cli-error.ts';

/** To make files in a directory takes both. */
const writeAndEnter = 0o300;

/** Whether gprxy can keep its files in a directory, or make it where there is none yet. Rejects with what to do. */
export async function requireUsable(directory: string, uid: number, isMissing = false): Promise<void> {
  const found = await stat(directory).catch(({ code }: NodeJS.ErrnoException) => code);
  if (found === 'ENOENT' && dirname(directory) !== directory) return requireUsable(dirname(directory), uid, true);
  if (found === undefined || typeof found === 'string') throw unusable(directory, `cannot be looked at (${found})`);
  if (!found.isDirectory()) throw unusable(directory, 'is not a directory', 'Move it away.');
  // Of what stands above nobody expects that it is one's own.
  if (!isMissing && uid !== 0 && found.uid !== uid) {
    throw unusable(directory, `belongs to OS user ${found.uid}`, `Run "sudo chown -R ${uid} '${directory}'".`);
  }
  if (found.uid === uid && (found.mode & writeAndEnter) !== writeAndEnter) {
    throw unusable(directory, `cannot be written (mode ${octal(found.mode)})`, `Run "chmod u+rwx '${directory}'".`);
  }
  await access(directory, constants.W_OK | constants.X_OK).catch(({ code }: NodeJS.ErrnoException) => {
    throw unusable(directory, `cannot be written (${code})`);
  });
}

/** `0700` */
export function octal(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, '0');
}

function unusable(directory: string, what: string, hint?: string): CliError {
  return new CliError(`${directory} ${what}`, {
    code: 'ERR_STORE_FAILED',
    hint: hint ?? 'Make it writable for you, or name another place ("gprxy help files", GPRXY_STATE_DIR).',
  });
}
