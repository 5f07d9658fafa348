import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { AlreadyRunningError } from '../control/serve-control.ts';
import type { SidecarProblem } from './problem.ts';
import type { Sidecar, SidecarOptions } from './sidecar.ts';
import { startSidecar } from './start-sidecar.ts';
import { watchFile } from './watch-file.ts';

const LAST_WORDS_MS = 100;

export interface DaemonOptions extends SidecarOptions {
  readonly controlSocketPath: string;
  /** The process, or a stand-in: SIGTERM and SIGINT drain; SIGINT while draining ends at once. */
  readonly signals: Pick<NodeJS.EventEmitter, 'on' | 'off'>;
  /** What SIGHUP means: `stop` where it is how a terminal says that it is gone; default: `reload`. */
  readonly onHangup?: 'reload' | 'stop';
  /** A change of this file is as good as SIGHUP. */
  readonly watchedFile?: string;
  /** Epoch milliseconds: when the profiles were read. What was written after that is a change, too. */
  readonly readAt?: number;
  /** Called once the listeners are open. */
  onReady?(sidecar: Sidecar): void;
}

export type DaemonOutcome =
  | { readonly kind: 'stopped'; readonly forced: number }
  /** Ctrl-C while draining: it did not wait for the connections, which end with the process. */
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'already-running'; readonly pid: number }
  /** No profile could be served. */
  | { readonly kind: 'nothing-to-serve'; readonly problems: readonly SidecarProblem[] };

/** The foreground daemon: serves until a signal or `gprxy stop`. The caller turns the outcome into an exit code. */
export async function runDaemon(options: DaemonOptions): Promise<DaemonOutcome> {
  let sidecar: Sidecar;
  try {
    sidecar = await startSidecar(options);
  } catch (error) {
    if (error instanceof AlreadyRunningError) return { kind: 'already-running', pid: error.pid };
    throw error;
  }
  if (sidecar.listeners.length === 0) {
    await sidecar.close('nothing to serve');
    return { kind: 'nothing-to-serve', problems: sidecar.problems };
  }
  return serveUntilStopped(sidecar, options);
}

async function serveUntilStopped(sidecar: Sidecar, options: DaemonOptions): Promise<DaemonOutcome> {
  const { signals, onReady, onPhase, onHangup = 'reload', watchedFile, readAt, log } = options;
  const interrupted = new AbortController();
  let draining = false;
  const drain = (signal: string) => {
    draining = true;
    void sidecar.close(signal);
  };
  const interrupt = () => {
    if (!draining) return drain('SIGINT');
    void sidecar.close('interrupted', { drainTimeoutMs: 0 });
    interrupted.abort();
  };
  const listeners = [
    ['SIGTERM', drain],
    ['SIGHUP', onHangup === 'stop' ? drain : () => void sidecar.reload('SIGHUP')],
    ['SIGINT', interrupt],
  ] as const;
  for (const [signal, listener] of listeners) signals.on(signal, listener);
  const fileChanged = () => void sidecar.reload('the file has changed');
  const watched = watchedFile && watchFile(watchedFile, fileChanged, log, { since: readAt });
  try {
    onReady?.(sidecar);
    onPhase?.('ready');
    const ended = await Promise.race([sidecar.closed, lastWordsAfter(interrupted.signal)]);
    return interrupted.signal.aborted || !ended ? { kind: 'interrupted' } : { kind: 'stopped', ...ended };
  } finally {
    for (const [signal, listener] of listeners) signals.off(signal, listener);
    if (watched) watched.close();
  }
}

/** Clients that are cut off get this long to be told so, and not the seconds that one which never reads could take. */
async function lastWordsAfter(interrupted: AbortSignal): Promise<undefined> {
  await once(interrupted, 'abort');
  await setTimeout(LAST_WORDS_MS);
}
