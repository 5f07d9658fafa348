import { type FSWatcher, watch } from 'node:fs';
import { readFile, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Log } from '../log/log.ts';

/** Editors write in several steps. */
const SETTLE_MS = 100;

export interface WatchedFile {
  close(): void;
}

/**
 * Calls `changed` when the text of a file has become another one. It looks at the file whenever something happens in its directory, and in
 * the one that a symbolic link leads to: most editors, and all that is careful, put a new file in the place of the old one.
 */
export function watchFile(path: string, changed: () => void, log: Log): WatchedFile {
  const directories = new Map<string, FSWatcher>();
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  const look = async (known: string | undefined) => {
    for (const directory of await directoriesOf(path)) if (!closed) observe(directory);
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (known === undefined || closed) return text;
    // Missing for a moment while it is being replaced.
    if (text !== undefined && text !== known) changed();
    return text ?? known;
  };
  let looking = look(undefined);
  const soon = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      looking = looking.then((known) => look(known ?? ''));
    }, SETTLE_MS);
  };
  const observe = (directory: string) => {
    if (directories.has(directory)) return;
    try {
      const watcher = watch(directory, { persistent: false }, soon);
      watcher.on('error', () => {
        directories.delete(directory);
        watcher.close();
      });
      directories.set(directory, watcher);
    } catch (error) {
      log.warn(
        { directory, code: (error as NodeJS.ErrnoException).code },
        'changes there are not seen: use "gprxy reload"',
      );
    }
  };
  return {
    close() {
      closed = true;
      clearTimeout(timer);
      for (const watcher of directories.values()) watcher.close();
    },
  };
}

async function directoriesOf(path: string): Promise<Set<string>> {
  const target = await realpath(path).catch(() => path);
  return new Set([dirname(path), dirname(target)]);
}
