import { spawnSync } from 'node:child_process';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A 0700 directory with a short name (socket paths are limited), removed when the test ends. */
export async function testDirectory(): Promise<string> {
  const path = await mkdtemp(join(await realpath(tmpdir()), 'gp-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** A socket file that nobody listens on any more, as kill -9 leaves it. */
export function leaveStaleSocket(path: string): void {
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', script]);
}
