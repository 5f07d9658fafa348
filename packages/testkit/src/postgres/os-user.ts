import { readFileSync } from 'node:fs';
import { chown, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, resolve } from 'node:path';

/** What `spawn` needs in order to run a program as another OS user. Empty: as the current one. */
export interface OsUser {
  uid?: number;
  gid?: number;
}

/**
 * PostgreSQL refuses to run as root. Root therefore runs it as the OS user `postgres` where that exists, else as
 * `nobody`, so that nothing has to be changed on the machine.
 */
export function postgresOsUser(): OsUser {
  if (process.getuid?.() !== 0) return {};
  const entries = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const name of ['postgres', 'nobody']) {
    const fields = entries.find((entry) => entry.startsWith(`${name}:`))?.split(':');
    if (fields?.[2] && fields[3]) return { uid: Number(fields[2]), gid: Number(fields[3]) };
  }
  throw new Error('PostgreSQL does not run as root, and /etc/passwd has neither "postgres" nor "nobody" to run it as');
}

/** Whether every directory on the way to `path` lets everybody through. */
export async function everybodyCanReach(path: string): Promise<boolean> {
  for (let directory = resolve(path); ; directory = dirname(directory)) {
    const { mode } = await stat(directory);
    if ((mode & 0o001) === 0) return false;
    if (directory === dirname(directory)) return true;
  }
}

/** The system's temporary directory, or for root one that the other OS user can reach too. */
export async function reachableTemporaryRoot(user: OsUser): Promise<string> {
  if (user.uid === undefined) return tmpdir();
  for (const directory of [tmpdir(), '/tmp', '/var/tmp']) if (await everybodyCanReach(directory)) return directory;
  throw new Error('no temporary directory that the OS user of PostgreSQL can reach');
}

/** Gives these files to `user`. */
export async function own(user: OsUser, ...paths: string[]): Promise<void> {
  if (user.uid === undefined || user.gid === undefined) return;
  for (const path of paths) await chown(path, user.uid, user.gid);
}
