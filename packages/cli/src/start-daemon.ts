import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type DaemonProgram, type DaemonStart, readyMessage } from './programs.ts';

/** Starts ourselves again without a terminal, and waits for the word that it listens rather than polling for it. */
export async function startDaemon(
  daemon: DaemonProgram,
  [program = '', ...self]: readonly string[],
): Promise<DaemonStart> {
  await mkdir(dirname(daemon.logFile), { recursive: true, mode: 0o700 });
  const log = await open(daemon.logFile, 'a', 0o600);
  try {
    const child = spawn(program, [...self, ...daemon.args], {
      detached: true,
      windowsHide: true,
      stdio: ['ignore', log.fd, log.fd, 'ipc'],
    });
    return await settle(child, daemon);
  } finally {
    await log.close();
  }
}

async function settle(child: ChildProcess, daemon: DaemonProgram): Promise<DaemonStart> {
  const limit = AbortSignal.any([daemon.signal, AbortSignal.timeout(daemon.timeoutMs)]);
  const start = await new Promise<DaemonStart>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve({ kind: 'ended', exitCode: code ?? 1 }));
    child.on('message', (message) => message === readyMessage && resolve({ kind: 'ready' }));
    limit.addEventListener('abort', () => resolve({ kind: 'slow' }), { once: true });
  });
  if (start.kind === 'slow') child.kill('SIGTERM');
  if (child.connected) child.disconnect();
  child.unref();
  return start;
}
