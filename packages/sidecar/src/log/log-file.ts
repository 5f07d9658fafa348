import {
  chmodSync,
  constants,
  copyFileSync,
  mkdirSync,
  openSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

export interface LogFile {
  write(text: string): void;
}

/** With the one before it, twice this. */
const MAX_BYTES = 5 << 20;

/**
 * Appends to a file that only its owner can read, and that never grows beyond `maxBytes`: then it is copied to `path.1` and begun anew. It is
 * not renamed, so that whoever else holds it open, such as our own standard error, goes on writing to the current one. Losing lines (a
 * full disk) is better than ending the program that has something to say. Throws what open(2) does.
 */
export function openLogFile(path: string, maxBytes = MAX_BYTES): LogFile {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const descriptor = openSync(path, 'a', 0o600);
  chmodSync(path, 0o600);
  return {
    write(text) {
      attempt(() => {
        if (statSync(path).size + Buffer.byteLength(text) > maxBytes) beginAnew(path);
      });
      attempt(() => writeSync(descriptor, text));
    },
  };
}

/** For what may fail without anybody being told, as above. */
function attempt(work: () => void): void {
  try {
    work();
  } catch {
    // There is nowhere to say it.
  }
}

function beginAnew(path: string): void {
  // Where there is no room for it, that is no reason to log no more.
  attempt(() => copyToNew(path, `${path}.1`));
  truncateSync(path);
}

/** What is there already may be a link, or open to others: it is taken away, not written to. The copy has the mode of the file. */
function copyToNew(from: string, to: string): void {
  rmSync(to, { force: true });
  copyFileSync(from, to, constants.COPYFILE_EXCL);
}
