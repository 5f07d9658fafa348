import type { PeerLookup } from '../client/peer-uid.ts';
import type { Profile } from '../config/profile.ts';
import type { SidecarSettings } from '../config/sidecar-settings.ts';
import type { ListenerStatus, SidecarStatus } from '../control/status.ts';
import type { Surroundings } from '../listen/surroundings.ts';
import type { Reminder } from '../sign-in/remind-of-end.ts';
import type { ConnectionString } from '../status-page/page-view.ts';
import type { Ended } from './close-sidecar.ts';
import type { SidecarProblem } from './problem.ts';
import type { ProfilesRead, Reloaded } from './reload.ts';

export interface SidecarOptions extends Pick<Surroundings, 'tokenSourceFor' | 'personLoginFor' | 'log'> {
  readonly profiles: readonly Profile[];
  /** Profiles that could not be read, for the status. */
  readonly problems?: readonly SidecarProblem[];
  readonly sidecar?: SidecarSettings;
  /** Reads the configuration again. Rejects when that as a whole cannot be used; left out: there is none to read. */
  readProfiles?(): Promise<ProfilesRead>;
  /** Once it aborts the sidecar closes, its reason being why; also while it still starts, which then ends early. */
  readonly stop?: AbortSignal;
  /** Called before and after each reload, and when the sidecar begins to drain. */
  onPhase?(phase: 'ready' | 'reloading' | 'stopping'): void;
  /** Left out: a private sidecar that nobody else can ask or stop. */
  readonly controlSocketPath?: string;
  /** For the status, so that a restart can repeat them. */
  readonly startArguments?: readonly string[];
  /** Bind addresses beyond loopback too, where the profile has `local_auth = "password"`. */
  readonly listenAnywhere?: boolean;
  /** A file in the form of libpq's PGPASSFILE, written anew: the passwords of listeners with `local_auth = "password"`. */
  readonly passwordFile?: string;
  /** Tells the person, where the profile has `notify`, that the login ends soon. Left out: nobody is told. */
  notify?(reminder: Reminder): Promise<void>;
  /** For the status page: where clients of a listener connect. */
  connectionStrings?(listener: ListenerStatus): readonly ConnectionString[];
  /** File descriptors of sockets that a supervisor has bound for us: used for configured addresses only. */
  readonly inheritedDescriptors?: readonly number[];
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
  /** Serves what the configuration says now. Sessions are never ended by it. Never rejects: see the problems. */
  reload(reason: string): Promise<Reloaded>;
  /**
   * No new connections; running ones may finish for their profile's `drainTimeoutMs`, then get 57P01. Says how many were cut
   * off. A second call with a shorter time overtakes the first.
   */
  close(reason?: string, options?: { readonly drainTimeoutMs?: number }): Promise<Ended>;
  /** Settles when the sidecar has closed, whoever asked for it. */
  readonly closed: Promise<Ended>;
}
