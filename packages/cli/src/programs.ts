import type { Environment } from './terminal.ts';

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Environment;
  /** Nothing of what it says is shown. */
  readonly quiet?: boolean;
}

/** The exit code the program ended with; undefined where there is no such program. */
export type RunProgram = (program: Program) => Promise<number | undefined>;

/** The one message a daemon sends to the process that started it. */
export const readyMessage = 'gprxy-ready';

export interface DaemonProgram {
  /** Arguments for `gprxy`. */
  readonly args: readonly string[];
  /** Where its output goes; appended to. */
  readonly logFile: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** How the start of a daemon went: it listens, it ended first, or neither within the time. */
export type DaemonStart =
  | { readonly kind: 'ready' }
  | { readonly kind: 'ended'; readonly exitCode: number }
  | { readonly kind: 'slow' };
export type StartDaemon = (daemon: DaemonProgram) => Promise<DaemonStart>;
