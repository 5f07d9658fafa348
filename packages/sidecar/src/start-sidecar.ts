import type { TokenSource } from '@gprxy/credentials';
import type { Log } from './log.ts';
import type { Profile } from './profile.ts';
import type { SidecarStatus } from './status.ts';

export interface SidecarOptions {
  readonly profiles: readonly Profile[];
  tokenSourceFor(profile: Profile): TokenSource;
  readonly log: Log;
  /** Called after each change of `status()`. */
  onState?(status: SidecarStatus): void;
  /** Left out: a private sidecar that nobody else can ask or stop. */
  readonly controlSocketPath?: string;
}

export interface SidecarListener {
  readonly profile: string;
  /** `127.0.0.1:5433`, `[::1]:5433` or the path of a Unix socket. */
  readonly address: string;
  readonly host?: string;
  readonly port?: number;
  readonly path?: string;
}

export interface SidecarProblem {
  readonly profile: string;
  readonly message: string;
  readonly hint?: string;
}

export interface Sidecar {
  readonly listeners: readonly SidecarListener[];
  readonly problems: readonly SidecarProblem[];
  status(): SidecarStatus;
  /** No new connections; running ones may finish for the longest `drainTimeoutMs`, then get 57P01. Says how many were cut off. */
  close(reason?: string): Promise<{ forced: number }>;
  /** Settles when the sidecar has closed, whoever asked for it. */
  readonly closed: Promise<void>;
}

/** Another gprxy daemon answers on the control socket. */
export class AlreadyRunningError extends Error {
  readonly code = 'ERR_ALREADY_RUNNING';
  readonly pid: number;

  constructor(pid: number) {
    super(`gprxy is already running (process ${pid})`);
    this.name = 'AlreadyRunningError';
    this.pid = pid;
  }
}

/**
 * Opens the listeners of every profile. What is wrong with one profile is in `problems` and does not stop the others.
 * Rejects with AlreadyRunningError when another daemon owns the control socket.
 */
export function startSidecar(_options: SidecarOptions): Promise<Sidecar> {
  throw new Error('not written yet');
}
