import type { ChildProcess } from 'node:child_process';

/** An opener that runs for longer has found a browser: some stay until its window is closed. */
const settledMs = 2_000;

/**
 * Opens the person's browser; says nothing about what happens there, and leaves no process to wait for.
 * Rejects when there is no opener, or it says that it could not.
 */
export async function openBrowser(url: string): Promise<void> {
  const { default: open } = await import('open');
  await opened(await open(url));
}

/** @param child the opener, already running */
export function opened(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, settledMs).unref();
    const settle = (error?: Error): void => {
      clearTimeout(timer);
      if (error) reject(error);
      else resolve();
    };
    child.once('error', settle);
    child.once('exit', (code) => settle(code ? new Error(`the opener ended with ${code}`) : undefined));
    if (child.exitCode !== null)
      settle(child.exitCode ? new Error(`the opener ended with ${child.exitCode}`) : undefined);
    child.unref();
  });
}
