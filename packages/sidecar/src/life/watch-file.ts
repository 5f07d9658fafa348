import { type FSWatcher, watch } from 'node:fs';
import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../log/log.ts';

/** Editors write in several steps. */
const SETTLE_MS = 100;
/** What no event tells: a directory that has been put in the place of another, a file on a network. */
const RECHECK_MS = 5_000;
/** The clock of a file system goes by the kernel's ticks. */
const CLOCK_STEP_MS = 20;

export interface WatchedFile {
  /** Whatever changes from here on is told. */
  readonly begun: Promise<unknown>;
  close(): void;
}

export interface WatchOptions {
  /** Epoch milliseconds: a file that has changed since counts as changed. Left out: since now. */
  readonly since?: number | undefined;
  readonly recheckMs?: number;
}

/**
 * Calls `changed` when the text of a file has become another one, and stays it for a moment. It looks at the file whenever something happens
 * in its directory, and in the one that a symbolic link leads to: most editors, and all that is careful, put a new file in the place of the old one.
 */
export function watchFile(path: string, changed: () => void, log: Log, options: WatchOptions = {}): WatchedFile {
  const { since, recheckMs = RECHECK_MS } = options;
  const directories = new WatchedDirectories(() => soon(), log);
  let timer: NodeJS.Timeout | undefined;
  const look = async (known: string) => {
    await directories.watch(await directoriesOf(path));
    const text = await settledText(path, known);
    // Missing for a moment while it is being replaced.
    if (text === undefined || text === known || directories.closed) return known;
    changed();
    return text;
  };
  const begin = async () => {
    await directories.watch(await directoriesOf(path));
    const isNewer = since !== undefined && (await changedAt(path)) > since - CLOCK_STEP_MS;
    return isNewer ? look('') : ((await textOf(path)) ?? '');
  };
  const begun = begin();
  let looking = begun;
  const soon = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      looking = looking.then(look);
    }, SETTLE_MS).unref();
  };
  const rechecks = setInterval(soon, recheckMs).unref();
  return {
    begun,
    close() {
      clearTimeout(timer);
      clearInterval(rechecks);
      directories.close();
    },
  };
}

/** The text once two looks have found the same: half of a file can be valid, and say something else. */
async function settledText(path: string, known: string): Promise<string | undefined> {
  let text = await textOf(path);
  while (text !== known) {
    await delay(SETTLE_MS, undefined, { ref: false });
    const again = await textOf(path);
    if (again === text) break;
    text = again;
  }
  return text;
}

function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}

function changedAt(path: string): Promise<number> {
  return stat(path).then(
    ({ ctimeMs }) => ctimeMs,
    () => 0,
  );
}

async function directoriesOf(path: string): Promise<Set<string>> {
  const target = await realpath(path).catch(() => path);
  return new Set([dirname(path), dirname(target)]);
}

/** Watches directories by name: one that takes the place of another is watched instead of it. */
class WatchedDirectories {
  closed = false;
  readonly #tell: () => void;
  readonly #log: Log;
  readonly #watched = new Map<string, { readonly identity: string; readonly watcher: FSWatcher }>();

  constructor(tell: () => void, log: Log) {
    this.#tell = tell;
    this.#log = log;
  }

  async watch(directories: ReadonlySet<string>): Promise<void> {
    for (const directory of directories) {
      const identity = await stat(directory)
        .then(({ dev, ino }) => `${dev}:${ino}`)
        .catch(() => undefined);
      if (this.#watched.get(directory)?.identity === identity) continue;
      this.#forget(directory);
      if (identity !== undefined && !this.closed) this.#observe(directory, identity);
    }
  }

  close(): void {
    this.closed = true;
    for (const directory of [...this.#watched.keys()]) this.#forget(directory);
  }

  #observe(directory: string, identity: string): void {
    try {
      const watcher = watch(directory, { persistent: false }, this.#tell);
      watcher.on('error', () => this.#forget(directory));
      this.#watched.set(directory, { identity, watcher });
    } catch (error) {
      this.#log.debug({ directory, code: (error as NodeJS.ErrnoException).code }, 'changes there are seen late');
    }
  }

  #forget(directory: string): void {
    this.#watched.get(directory)?.watcher.close();
    this.#watched.delete(directory);
  }
}
