import { lstat } from 'node:fs/promises';

/** Calls `restore` when a file has been taken away, until that has made another; looks every `everyMs`. Gives what ends it. */
export function whenGone(path: string, restore: () => Promise<void>, everyMs: number): () => void {
  let busy = false;
  const look = async () => {
    if (busy) return;
    busy = true;
    const isGone = await lstat(path).then(
      () => false,
      ({ code }: NodeJS.ErrnoException) => code === 'ENOENT',
    );
    // There may be no place for it yet: the next look tries again.
    if (isGone) await restore().catch(() => {});
    busy = false;
  };
  const timer = setInterval(look, everyMs).unref();
  return () => clearInterval(timer);
}
