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

/** The foreground daemon: serves until a signal or `gprxy stop`, also while it starts. The caller turns the outcome into an exit code. */
export async function runDaemon(options: DaemonOptions): Promise<DaemonOutcome> {
  const stop = new AbortController();
  const starting = startSidecar({ ...options, stop: stop.signal });
  const asked = obeySignals(starting, stop, options);
  try {
    const sidecar = await Promise.race([starting, lastWordsAfter(asked.interrupted)]);
    if (sidecar === undefined) return { kind: 'interrupted' };
    const isStopping = sidecar.status().state === 'stopping';
    if (sidecar.listeners.length > 0 || isStopping) return await serveUntilStopped(sidecar, asked, options);
    await sidecar.close('nothing to serve');
    return { kind: 'nothing-to-serve', problems: sidecar.problems };
  } catch (error) {
    if (error instanceof AlreadyRunningError) return { kind: 'already-running', pid: error.pid };
    throw error;
  } finally {
    asked.noMore();
  }
}

interface Asked {
  /** Aborts: it is not to wait any longer. */
  readonly interrupted: AbortSignal;
  /** From now on signals are the process's own again. */
  noMore(): void;
}

function obeySignals(starting: Promise<Sidecar>, stop: AbortController, options: DaemonOptions): Asked {
  const { signals, onHangup = 'reload' } = options;
  const interrupted = new AbortController();
  const whenStarted = (work: (sidecar: Sidecar) => void) => void starting.then(work, () => {});
  const drain = (signal: string) => stop.abort(signal);
  const interrupt = () => {
    if (!stop.signal.aborted) return drain('SIGINT');
    whenStarted((sidecar) => void sidecar.close('interrupted', { drainTimeoutMs: 0 }));
    interrupted.abort();
  };
  const listeners = [
    ['SIGTERM', drain],
    ['SIGHUP', onHangup === 'stop' ? drain : () => whenStarted((sidecar) => void sidecar.reload('SIGHUP'))],
    ['SIGINT', interrupt],
  ] as const;
  for (const [signal, listener] of listeners) signals.on(signal, listener);
  return {
    interrupted: interrupted.signal,
    noMore() {
      for (const [signal, listener] of listeners) signals.off(signal, listener);
    },
  };
}

async function serveUntilStopped(
  sidecar: Sidecar,
  { interrupted }: Asked,
  { onReady, onPhase, watchedFile, readAt, log }: DaemonOptions,
): Promise<DaemonOutcome> {
  const fileChanged = () => void sidecar.reload('the file has changed');
  const watched = watchedFile && watchFile(watchedFile, fileChanged, log, { since: readAt });
  try {
    if (sidecar.status().state === 'running') {
      onReady?.(sidecar);
      onPhase?.('ready');
    }
    const ended = await Promise.race([sidecar.closed, lastWordsAfter(interrupted)]);
    return interrupted.aborted || !ended ? { kind: 'interrupted' } : { kind: 'stopped', ...ended };
  } finally {
    if (watched) watched.close();
  }
}

/** Clients that are cut off get this long to be told so, and not the seconds that one which never reads could take. */
async function lastWordsAfter(interrupted: AbortSignal): Promise<undefined> {
  if (!interrupted.aborted) await once(interrupted, 'abort');
  await setTimeout(LAST_WORDS_MS);
}
