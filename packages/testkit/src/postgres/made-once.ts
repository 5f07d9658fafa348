import { lstat, mkdtemp, rename, rm } from 'node:fs/promises';
import { leaveTask } from '../janitor.ts';

export interface OnceMade {
  /** Fills the directory, which nobody else sees yet. */
  make(directory: string): Promise<void>;
  /** Cleaners of temporary directories remove single files that are old. */
  isWhole(directory: string): Promise<boolean>;
}

/**
 * The directory `path`, made once for all processes: complete before its final name exists. Whatever else bears that name
 * (temporary directories are for everybody) is left alone, and what is made instead is for this process.
 */
export async function madeOnce(path: string, once: OnceMade): Promise<string> {
  if (await isOurs(path, once)) return path;
  const staging = await mkdtemp(`${path}-`);
  const takeBack = leaveTask(`REMOVE ${staging}`);
  await once.make(staging);
  try {
    await rename(staging, path);
  } catch {
    if (!(await isOurs(path, once))) return staging;
    await rm(staging, { recursive: true, force: true });
  }
  takeBack();
  return path;
}

async function isOurs(path: string, { isWhole }: OnceMade): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  if (!found?.isDirectory() || found.uid !== process.getuid?.() || (found.mode & 0o022) !== 0) return false;
  return isWhole(path);
}
