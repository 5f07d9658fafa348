import { open, stat } from 'node:fs/promises';

/**
 * What has been added to a file since the last call; the first call gives all of it. Of a file that was begun anew it is what the one before
 * (`path.1`) still got, and all of the new one.
 */
export function createLogReader(path: string): () => Promise<string> {
  const before = `${path}.1`;
  let offset = 0;
  let rest: Buffer = Buffer.alloc(0);
  let keptAt: number | undefined;
  return async () => {
    const lastKept = await modifiedAt(before);
    if (offset > 0 && lastKept !== keptAt) {
      rest = Buffer.concat([rest, await bytesFrom(before, offset).catch(() => Buffer.alloc(0))]);
      offset = 0;
    } else if ((await stat(path)).size < offset) {
      offset = 0;
      rest = Buffer.alloc(0);
    }
    keptAt = lastKept;
    const added = await bytesFrom(path, offset);
    offset += added.length;
    // A line that is still being written, and a character too, waits for its end.
    const all = Buffer.concat([rest, added]);
    const end = all.lastIndexOf(0x0a) + 1;
    rest = all.subarray(end);
    return all.toString('utf8', 0, end);
  };
}

async function bytesFrom(path: string, offset: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const bytes = Buffer.alloc(Math.max(0, size - offset));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, offset);
    return bytes.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function modifiedAt(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );
}
