import type { TokenSource } from '@gprxy/credentials';
import type { CancelRegistry } from '@gprxy/proxy-core';
import type { PeerLookup } from '../client/peer-uid.ts';
import type { Profile } from '../config/profile.ts';
import type { Log } from '../log/log.ts';
import type { PersonLogin } from '../sign-in/person-login.ts';
import type { Telemetry } from '../telemetry/connection-observer.ts';
import type { InheritedSockets } from './inherited-sockets.ts';

/** What the listeners of all profiles have in common. */
export interface Surroundings {
  tokenSourceFor(profile: Profile): TokenSource | Promise<TokenSource>;
  /** Absent: nobody is asked. Called for profiles with `loginOnConnect`. */
  readonly personLoginFor?: (profile: Profile) => PersonLogin | Promise<PersonLogin>;
  /** Aborts when the sidecar has closed. */
  readonly closed: AbortSignal;
  readonly log: Log;
  readonly telemetry: Telemetry;
  readonly cancels: CancelRegistry;
  readonly peers: PeerLookup;
  readonly ownUid: number | undefined;
  /** Bound by whoever started us. */
  readonly inherited: InheritedSockets;
  readFile(path: string): Promise<string>;
  /** Addresses beyond loopback may be bound, where a password is asked for. */
  readonly listenAnywhere: boolean;
  /** Where clients find the passwords of `local_auth = "password"`. Left out: there is no such file, and so no such listener. */
  readonly passwordFile: string | undefined;
}
