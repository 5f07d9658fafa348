import { readFile } from 'node:fs/promises';
import { CancelRegistry } from '@gprxy/proxy-core';
import { type Closing, createClosing, type Ended } from './close-sidecar.ts';
import { readProcTable } from './kernel-table.ts';
import { createProcPeerLookup, type PeerLookup } from './peer-uid.ts';
import type { Profile } from './profile.ts';
import { serveControl } from './serve-control.ts';
import { type ServedAddress, type SidecarProblem, type Surroundings, serveProfile } from './serve-profile.ts';
import type { SidecarStatus } from './status.ts';

export interface SidecarOptions extends Pick<Surroundings, 'tokenSourceFor' | 'log'> {
  readonly profiles: readonly Profile[];
  /** Called after each change of `status()`. */
  onState?(status: SidecarStatus): void;
  /** Left out: a private sidecar that nobody else can ask or stop. */
  readonly controlSocketPath?: string;
  /** Who is behind a TCP connection; default: Linux's /proc. */
  readonly peers?: PeerLookup;
}

export interface SidecarListener {
  readonly profile: string;
  /** `127.0.0.1:5433` (which serves `[::1]:5433` too, where there is IPv6) or the path of a Unix socket. */
  readonly address: string;
  readonly host?: string;
  readonly port?: number;
  readonly path?: string;
}

export interface Sidecar {
  readonly listeners: readonly SidecarListener[];
  readonly problems: readonly SidecarProblem[];
  status(): SidecarStatus;
  /**
   * No new connections; running ones may finish for their profile's `drainTimeoutMs`, then get 57P01. Says how many were cut
   * off. A second call with a shorter time overtakes the first.
   */
  close(reason?: string, options?: { readonly drainTimeoutMs?: number }): Promise<Ended>;
  /** Settles when the sidecar has closed, whoever asked for it. */
  readonly closed: Promise<Ended>;
}

/**
 * Opens the listeners of every profile. What is wrong with one profile is in `problems` and does not stop the others.
 * Rejects with AlreadyRunningError when another daemon owns the control socket.
 */
export async function startSidecar(options: SidecarOptions): Promise<Sidecar> {
  const startedAt = new Date().toISOString();
  const served: ServedAddress[] = [];
  const status = (): SidecarStatus => ({
    version: 1,
    pid: process.pid,
    startedAt,
    listeners: served.map(({ activity }) => activity.status()),
  });
  const closing = createClosing(served, options.log);
  await openControl(options, status, closing);
  const surroundings = surroundingsOf(options, () => options.onState?.(status()));
  for (const profile of options.profiles) served.push(...(await serveProfile(profile, surroundings)));
  if (closing.started) await closing.close();
  for (const { problem } of served) if (problem) options.log.error(problem, 'not served');
  return {
    listeners: served.flatMap(toListener),
    problems: served.flatMap(({ problem }) => problem ?? []),
    status,
    close: closing.close,
    closed: closing.closed,
  };
}

/** The control socket comes first: it is what keeps a second daemon from starting. */
async function openControl(
  { controlSocketPath: path, log }: SidecarOptions,
  status: () => SidecarStatus,
  closing: Closing,
): Promise<void> {
  if (path === undefined) return;
  const control = await serveControl({
    path,
    status,
    stop: () => {
      log.info({}, 'asked to stop');
      void closing.close();
    },
  });
  closing.afterwards(control.close);
}

function surroundingsOf({ tokenSourceFor, log, peers }: SidecarOptions, changed: () => void): Surroundings {
  const read = (path: string) => readFile(path, 'utf8');
  return {
    tokenSourceFor,
    log,
    cancels: new CancelRegistry(),
    peers: peers ?? createProcPeerLookup(readProcTable),
    ownUid: process.getuid?.(),
    readFile: read,
    changed,
  };
}

function toListener({ profile, activity, open }: ServedAddress): SidecarListener[] {
  return open ? [{ profile: profile.name, address: activity.address, ...open.address }] : [];
}
