import { open } from 'node:fs/promises';

/** What has been added to a file since the last call; the first call gives all of it. A file that was begun anew is read from its start. */
export function createLogReader(path: string): () => Promise<string> {
  let offset = 0;
  let rest = Buffer.alloc(0);
  return async () => {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      if (size < offset) {
        offset = 0;
        rest = Buffer.alloc(0);
      }
      const added = Buffer.alloc(size - offset);
      const { bytesRead } = await file.read(added, 0, added.length, offset);
      offset += bytesRead;
      // A line that is still being written, and a character too, waits for its end.
      const all = Buffer.concat([rest, added.subarray(0, bytesRead)]);
      const end = all.lastIndexOf(0x0a) + 1;
      rest = all.subarray(end);
      return all.toString('utf8', 0, end);
    } finally {
      await file.close();
    }
  };
}
