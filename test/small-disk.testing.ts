import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SmallDisk extends AsyncDisposable {
  readonly path: string;
  /** Whether it is a disk of its own, of 32 MiB, which a test may fill. */
  readonly isOwn: boolean;
}

/** A directory on a disk of its own for root in a container that may mount one, and else just a directory. */
export async function openSmallDisk(): Promise<SmallDisk> {
  const path = await mkdtemp(join(tmpdir(), 'gprxy-small-disk-'));
  const isOwn = mount(path);
  return {
    path,
    isOwn,
    async [Symbol.asyncDispose]() {
      if (isOwn) execFileSync('umount', [path]);
      await rm(path, { recursive: true, force: true });
    },
  };
}

function mount(directory: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=32m,mode=700', 'tmpfs', directory], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
