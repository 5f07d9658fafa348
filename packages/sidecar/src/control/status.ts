import type { LocalAuth } from '../config/profile.ts';
import type { SidecarProblem } from '../life/problem.ts';
import type { SpareCounts } from '../spare/waiting-spares.ts';

export interface LastError {
  /** RFC 3339. */
  readonly at: string;
  /** SQLSTATE sent to the client, or `ERR_...` where there was none. */
  readonly code: string;
  readonly message: string;
  /** What the client was advised to do. */
  readonly hint?: string;
}

export interface ListenerStatus {
  readonly profile: string;
  /** `127.0.0.1:5433`, `[::1]:5433` or the path of a Unix socket. */
  readonly address: string;
  /** `draining`: it takes no new connections, and goes when the last one has ended. */
  readonly state: 'listening' | 'failed' | 'draining';
  /** What a client is asked for; absent on a Unix socket, where the mode of the file lets nobody else in. */
  readonly localAuth?: LocalAuth;
  /** Where clients find the password, if they are asked for one. */
  readonly passwordFile?: string;
  readonly connections: number;
  readonly totalConnections: number;
  /** RFC 3339; of the token used last. */
  readonly tokenExpiresAt?: string;
  /** Of the whole profile, so the same for each of its listeners; absent with `warm = "off"`. */
  readonly spares?: SpareCounts;
  readonly lastError?: LastError;
}

/** What `GET /v1/status` answers. Fields may be added; none changes its meaning while `version` is 1. */
export interface SidecarStatus {
  readonly version: 1;
  readonly pid: number;
  /** RFC 3339. */
  readonly startedAt: string;
  /** `starting` until every address has been tried; `stopping` until the last connection has ended. */
  readonly state: 'starting' | 'running' | 'stopping';
  /** The arguments of `gprxy start` that it goes by: `["--profile", "prod"]`. */
  readonly startArguments?: readonly string[];
  /** Where health and metrics are served, `127.0.0.1:9187`; absent where they are not. */
  readonly health?: string;
  readonly listeners: readonly ListenerStatus[];
  /** What is not as the configuration says, as of the last time that it was read. */
  readonly problems: readonly SidecarProblem[];
}
