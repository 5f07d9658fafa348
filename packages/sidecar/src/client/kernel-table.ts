import { open } from 'node:fs/promises';

/** The text of one of the kernel's tables in pieces. Whoever stops early spares the kernel the rest. */
export type ReadTable = (path: string) => AsyncIterable<string>;

/** What `find` gives for a piece, with the end of the one before it, as soon as that is not undefined; undefined when the whole table had nothing. Rejects when no file can be opened. */
export type SearchTable = <Found>(find: (text: string) => Found | undefined) => Promise<Found | undefined>;

/** Far more than the kernel hands out at once: a page. */
const PIECE_BYTES = 65_536;
/** More than two lines: whatever is cut by the end of a piece is whole with the next. Not all that was read: that grows with its square. */
const OVERLAP = 512;

/** The real ones. Even the read that only finds the end costs the kernel a walk of its whole hash table, some 2 ms. */
export async function* readProcTable(path: string): AsyncGenerator<string> {
  const file = await open(path);
  try {
    const buffer = Buffer.allocUnsafe(PIECE_BYTES);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, PIECE_BYTES, null);
      if (bytesRead === 0) return;
      yield buffer.toString('latin1', 0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/**
 * Searches one table for many at once: whoever asks while a reading is under way shares the next, which begins after everybody who
 * gets it has asked, and ends as soon as all of them have found what they look for.
 */
export function createTableSearch(read: () => AsyncIterable<string>): SearchTable {
  let waiting: Seeker[] = [];
  let running = false;
  const readForAll = async () => {
    running = true;
    while (waiting.length > 0) {
      const asked = waiting;
      waiting = [];
      await readFor(asked, read);
    }
    running = false;
  };
  return (find) =>
    new Promise((resolve, reject) => {
      const look = (text: string | undefined) => {
        const found = text === undefined ? undefined : find(text);
        if (text === undefined || found !== undefined) resolve(found);
        return found !== undefined;
      };
      waiting.push({ look, reject });
      if (!running) void readForAll();
    });
}

interface Seeker {
  /** Says whether it has found its own in this part of the text, and is told `undefined` when there is no more. */
  look(text: string | undefined): boolean;
  reject(error: unknown): void;
}

async function readFor(seekers: readonly Seeker[], read: () => AsyncIterable<string>): Promise<void> {
  let left = seekers;
  let text = '';
  try {
    for await (const piece of read()) {
      text = text.slice(-OVERLAP) + piece;
      left = left.filter((seeker) => !seeker.look(text));
      if (left.length === 0) return;
    }
  } catch (error) {
    // A table that this system does not have has nothing in it. One that could only not be read now says nothing of who is in it.
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EMFILE' || code === 'ENFILE') return left.forEach((seeker) => void seeker.reject(error));
  }
  for (const seeker of left) seeker.look(undefined);
}
