import type { TokenSource } from '@gprxy/credentials';
import { type CancelRegistry, GprxyError, runSession } from '@gprxy/proxy-core';
import { createClientCheck } from './authenticate-client.ts';
import { formatAddress } from './listen-address.ts';
import { ListenerActivity } from './listener-activity.ts';
import type { Log } from './log.ts';
import { type OpenAddress, openAddress } from './open-address.ts';
import type { PeerLookup } from './peer-uid.ts';
import type { ListenAddress, Profile } from './profile.ts';
import { resolveUpstream, type Upstream } from './resolve-upstream.ts';
import { createSessionPolicy } from './session-policy.ts';

/** What the listeners of all profiles have in common. */
export interface Surroundings {
  tokenSourceFor(profile: Profile): TokenSource;
  readonly log: Log;
  readonly cancels: CancelRegistry;
  readonly peers: PeerLookup;
  readonly ownUid: number | undefined;
  readFile(path: string): Promise<string>;
  /** The status is no longer what it was. */
  changed(): void;
}

export interface SidecarProblem {
  readonly profile: string;
  readonly message: string;
  readonly hint?: string;
}

/** One configured address: `open` when it is served, `problem` when it could not be. */
export interface ServedAddress {
  readonly profile: Profile;
  readonly activity: ListenerActivity;
  readonly open?: OpenAddress;
  readonly problem?: SidecarProblem;
}

/** Opens every address of one profile. Never rejects: what is wrong with the profile, or with an address, is each one's `problem`. */
export async function serveProfile(profile: Profile, surroundings: Surroundings): Promise<ServedAddress[]> {
  const preparing = prepare(profile, surroundings);
  return Promise.all(
    profile.listen.map(async (address) => {
      const activity = new ListenerActivity(profile.name, formatAddress(address), surroundings.changed);
      try {
        const open = await serveAddress(address, { profile, activity, ...(await preparing) }, surroundings);
        activity.listening(formatAddress(open.address), () => open.connections);
        return { profile, activity, open };
      } catch (error) {
        activity.failed(error);
        return { profile, activity, problem: toProblem(profile.name, error) };
      }
    }),
  );
}

interface Prepared {
  readonly upstream: Upstream;
  readonly tokens: TokenSource;
}

/** `tokenSourceFor` is called once a profile: its memory and its single flight are what connections share. */
async function prepare(profile: Profile, surroundings: Surroundings): Promise<Prepared> {
  const upstream = await resolveUpstream(profile, surroundings.readFile, surroundings.log);
  return { upstream, tokens: surroundings.tokenSourceFor(profile) };
}

async function serveAddress(
  address: ListenAddress,
  connector: Prepared & { readonly profile: Profile; readonly activity: ListenerActivity },
  { log, cancels, peers, ownUid }: Surroundings,
): Promise<OpenAddress> {
  const { profile, activity } = connector;
  const authenticateClient = await createClientCheck({ address, localAuth: profile.localAuth, ownUid, peers });
  if ('host' in address && profile.localAuth === 'trust') {
    log.warn({ profile: profile.name }, 'local_auth = "trust": every user of this machine can connect as you');
  }
  const policy = createSessionPolicy({ connector, authenticateClient, log });
  return openAddress({
    address,
    peers,
    maxConnections: profile.maxConnections,
    async serve(socket, signal, admission) {
      activity.connectionOpened();
      await runSession(socket, policy, cancels, signal, admission);
      activity.connectionClosed();
    },
  });
}

function toProblem(profile: string, error: unknown): SidecarProblem {
  const message = error instanceof Error ? error.message : String(error);
  const hint = error instanceof GprxyError ? error.hint : undefined;
  return { profile, message, ...(hint !== undefined && { hint }) };
}
