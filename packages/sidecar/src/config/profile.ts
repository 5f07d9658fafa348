import type { CredentialSettings } from '@gprxy/credentials';
import type { RouteSettings } from '../route/open-route.ts';
import type { NamedAuthorities } from '../upstream/system-authorities.ts';

/** What a client may connect to: a TCP port, on loopback unless `listenAnywhere` says otherwise, or a Unix socket file. */
export type ListenAddress = { readonly host: string; readonly port: number } | { readonly path: string };

/**
 * How a client of a TCP port shows that it may use the sidecar. `same-user`: it runs as the daemon's own OS user. `password`: it knows what
 * the daemon has written into a file that only that user can read. `trust`: it need not.
 */
export type LocalAuth = 'same-user' | 'password' | 'trust';

/** What happens to a client that comes when the login is over. */
export interface LoginOnConnect {
  /** `notice`: it is told where to sign in. `browser`: the page is opened here as well. */
  readonly how: 'notice' | 'browser';
  /** So long it waits; the login may take longer. */
  readonly waitMs: number;
}

/** One `[profiles.NAME]` of the configuration file, checked and with its defaults filled in. */
export interface Profile {
  readonly name: string;
  /** Connection URI of the gateway or server, without user and password. */
  readonly upstream: string;
  /** Whom to trust where the upstream names no `sslrootcert`; absent: what the system trusts. */
  readonly authorities?: NamedAuthorities;
  /** What stands between here and the upstream; absent: it is dialled straight. */
  readonly via?: RouteSettings;
  /** Empty: the daemon does not serve this profile; `gprxy psql` still does. */
  readonly listen: readonly ListenAddress[];
  readonly localAuth: LocalAuth;
  /** Template of the user name sent upstream: `{email}`, `{sub}` or any other `{claim}`; or simply the name. */
  readonly user: string;
  readonly credential: CredentialSettings;
  /** Absent: a client that comes when the login is over is refused. */
  readonly loginOnConnect?: LoginOnConnect;
  /** Where the person is told that the login ends soon; absent: nowhere. */
  readonly notify?: 'desktop';
  readonly drainTimeoutMs: number;
  readonly maxConnections: number;
  /** `auto`: a spare upstream session waits for the next client of a database that is in use. */
  readonly warm: 'auto' | 'off';
}
