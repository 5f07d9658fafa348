import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { leaveTask } from './janitor.ts';

export interface TemporaryDirectory extends AsyncDisposable {
  readonly path: string;
  remove(): Promise<void>;
}

/** A directory (mode 0700) that is removed by `remove()`, by `await using`, or when this process ends. */
export async function temporaryDirectory(
  options: { parent?: string; prefix?: string } = {},
): Promise<TemporaryDirectory> {
  const parent = options.parent ?? (await realpath(tmpdir()));
  const path = await mkdtemp(join(parent, options.prefix ?? 'gprxy-'));
  const takeBack = leaveTask(`REMOVE ${path}`);
  const remove = async () => {
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
    takeBack();
  };
  return { path, remove, [Symbol.asyncDispose]: remove };
}
