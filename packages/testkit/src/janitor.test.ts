import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from './temporary-directory.ts';

const program = fileURLToPath(new URL('./janitor.testing.ts', import.meta.url));

/** Starts a process that owns a directory and a program, and tells which. */
async function start(kept: string) {
  const args = ['--import', 'tsx', program, kept];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return { child, ...(JSON.parse(line) as { directory: string; pid: number }) };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('what a process owns', () => {
  it.each(['SIGTERM', 'SIGKILL'] as const)('is gone after %s, but for what it gave up', async (signal) => {
    await using kept = await temporaryDirectory();
    const { child, directory, pid } = await start(kept.path);
    expect([existsSync(directory), isAlive(pid)]).toEqual([true, true]);
    child.kill(signal);
    await once(child, 'exit');
    await expect.poll(() => [existsSync(directory), isAlive(pid)]).toEqual([false, false]);
    expect(existsSync(kept.path)).toBe(true);
  });
});
