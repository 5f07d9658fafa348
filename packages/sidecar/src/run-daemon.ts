import type { Sidecar, SidecarOptions, SidecarProblem } from './start-sidecar.ts';

export interface DaemonOptions extends SidecarOptions {
  readonly controlSocketPath: string;
  /** The process, or a stand-in: SIGTERM and SIGINT drain, a second SIGINT ends at once. */
  readonly signals: Pick<NodeJS.EventEmitter, 'on' | 'off'>;
  /** Called once the listeners are open. */
  onReady?(sidecar: Sidecar): void;
}

export type DaemonOutcome =
  | { readonly kind: 'stopped'; readonly forced: number }
  /** The second Ctrl-C: connections were cut off. */
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'already-running'; readonly pid: number }
  /** No profile could be served. */
  | { readonly kind: 'nothing-to-serve'; readonly problems: readonly SidecarProblem[] };

/** The foreground daemon: serves until a signal or `gprxy stop`. The caller turns the outcome into an exit code. */
export function runDaemon(_options: DaemonOptions): Promise<DaemonOutcome> {
  throw new Error('not written yet');
}
