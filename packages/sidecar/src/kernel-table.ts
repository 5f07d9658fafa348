import { open } from 'node:fs/promises';

/** The text of one of the kernel's tables in pieces. Whoever stops early spares the kernel the rest. */
export type ReadTable = (path: string) => AsyncIterable<string>;

/** What `find` gives for the text so far as soon as that is not undefined; undefined when the whole table had nothing. */
export type SearchTable = <Found>(find: (text: string) => Found | undefined) => Promise<Found | undefined>;

/** Far more than the kernel hands out at once: a page. */
const PIECE_BYTES = 65_536;

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
  let waiting: Array<(text: string | undefined) => boolean> = [];
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
    new Promise((resolve) => {
      waiting.push((text) => {
        const found = text === undefined ? undefined : find(text);
        if (text === undefined || found !== undefined) resolve(found);
        return found !== undefined;
      });
      if (!running) void readForAll();
    });
}

/** Each of `seekers` says whether it has found its own in the text so far, and is told `undefined` when there is no more. */
async function readFor(
  seekers: Array<(text: string | undefined) => boolean>,
  read: () => AsyncIterable<string>,
): Promise<void> {
  let left = seekers;
  let text = '';
  try {
    for await (const piece of read()) {
      text += piece;
      left = left.filter((seeker) => !seeker(text));
      if (left.length === 0) return;
    }
  } catch {
    // A table that cannot be read has nothing in it.
  }
  for (const seeker of left) seeker(undefined);
}
