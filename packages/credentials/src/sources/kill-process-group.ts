import type { ChildProcess } from 'node:child_process';

/** Ends a child that was started with `detached`, and all that it has started. Windows has no groups: there only itself. */
export function killProcessGroup(child: ChildProcess, platform: NodeJS.Platform = process.platform): void {
  const { pid } = child;
  if (pid === undefined) return;
  try {
    if (platform === 'win32') child.kill('SIGKILL');
    else process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself in the meantime.
  }
}
