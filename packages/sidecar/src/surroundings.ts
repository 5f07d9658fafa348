import type { TokenSource } from '@gprxy/credentials';
import type { CancelRegistry } from '@gprxy/proxy-core';
import type { Log } from './log.ts';
import type { PeerLookup } from './peer-uid.ts';
import type { Profile } from './profile.ts';

/** What the listeners of all profiles have in common. */
export interface Surroundings {
  tokenSourceFor(profile: Profile): TokenSource | Promise<TokenSource>;
  readonly log: Log;
  readonly cancels: CancelRegistry;
  readonly peers: PeerLookup;
  readonly ownUid: number | undefined;
  readFile(path: string): Promise<string>;
}
