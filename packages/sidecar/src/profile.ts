import type { CredentialSettings } from '@gprxy/credentials';

/** What a client may connect to: a TCP port on loopback, or a Unix socket file. */
export type ListenAddress = { readonly host: string; readonly port: number } | { readonly path: string };

/** How a local client shows that it may use the sidecar. `same-user`: the peer's OS user must be the daemon's own. */
export type LocalAuth = 'same-user' | 'trust';

/** One `[profiles.NAME]` of the configuration file, checked and with its defaults filled in. */
export interface Profile {
  readonly name: string;
  /** Connection URI of the gateway or server, without user and password. */
  readonly upstream: string;
  /** Empty: the daemon does not serve this profile; `gprxy psql` still does. */
  readonly listen: readonly ListenAddress[];
  readonly localAuth: LocalAuth;
  /** Template of the user name sent upstream: `{email}`, `{sub}` or any other `{claim}`; or simply the name. */
  readonly user: string;
  readonly credential: CredentialSettings;
  readonly drainTimeoutMs: number;
  readonly maxConnections: number;
}
