import { setImmediate } from 'node:timers/promises';
import {
  type ClientConnection,
  GprxyError,
  type MessageChannel,
  type Peer,
  ProtocolError,
  type ScramVerifier,
  SqlState,
  unlessOutOfDescriptors,
} from '@gprxy/proxy-core';
import type { ListenAddress, LocalAuth } from '../config/profile.ts';
import { askForPassword } from './ask-for-password.ts';
import type { LocalPassword } from './local-password.ts';
import type { PeerLookup } from './peer-uid.ts';
import type { TcpEnds } from './tcp-entry.ts';

/** Resolves when the client may use the sidecar, rejects with GprxyError 28000 or 28P01 when it may not. */
export type AuthenticateClient = (connection: ClientConnection, signal: AbortSignal) => Promise<void>;

export interface ClientCheck {
  /** Where the client came in: what an address-less peer means depends on it. */
  readonly address: ListenAddress;
  readonly localAuth: LocalAuth;
  /** The OS user that the sidecar itself runs as; undefined where there is no such number. */
  readonly ownUid: number | undefined;
  readonly peers: PeerLookup;
  /** For `password`; undefined where clients could not find it. */
  readonly password: LocalPassword | undefined;
}

/**
 * The check that a listener makes of each client. A Unix socket needs none: the modes of its directory (0700) and of itself
 * (0600) let nobody else in. On TCP, `same-user` asks the kernel whose socket the other end is; root is another user, too.
 * Rejects with GprxyError when `same-user` is asked for on a system that cannot tell, or `password` where there is no file for it.
 */
export async function createClientCheck(check: ClientCheck): Promise<AuthenticateClient> {
  const { address, localAuth, ownUid, peers, password } = check;
  if ('path' in address || localAuth === 'trust') return async () => {};
  if (localAuth === 'password') return askForPassword(await verifierOf(password));
  if (ownUid === undefined || !(await peers.available())) throw cannotTell();
  return async ({ peer, channel }, signal) => {
    const uid = isComplete(peer) ? await uidOf(peers, peer) : undefined;
    if (uid === undefined) throw unknownUser(ownUid);
    if (uid !== ownUid) throw anotherUser(uid, ownUid);
    await requireStillThere(channel, signal);
  };
}

/**
 * A stranger who resets his connection while he is looked up makes room for one of ours on the same port, which the kernel then names in his
 * place; what he has sent would be run for us. So whatever was known to the kernel by the end of the look-up is read first (the rest of this
 * turn of the event loop, and one whole turn). Of a socket with so much unread that nobody reads on, an end would not be noticed.
 */
async function requireStillThere(channel: MessageChannel, signal: AbortSignal): Promise<void> {
  await setImmediate();
  await setImmediate();
  signal.throwIfAborted();
  const { socket, unreadBytes } = channel;
  if (unreadBytes < socket.readableHighWaterMark) return;
  throw new ProtocolError(`client sent ${unreadBytes} bytes before it was let in`);
}

async function uidOf(peers: PeerLookup, peer: TcpEnds): Promise<number | undefined> {
  try {
    return await peers.uidOf(peer);
  } catch (error) {
    throw unlessOutOfDescriptors(error);
  }
}

function verifierOf(password: LocalPassword | undefined): Promise<ScramVerifier> {
  if (password) return password.verifier;
  throw new GprxyError('there is no file that clients could read the local password from', {
    code: 'ERR_LOCAL_AUTH',
    hint: 'Run "gprxy start", which has one.',
  });
}

function isComplete(peer: Peer): peer is TcpEnds {
  const { address, port, localAddress, localPort } = peer;
  return address !== undefined && port !== undefined && localAddress !== undefined && localPort !== undefined;
}

/** It is in no table that we can read: it has gone again, or is in a network namespace (a container) other than ours. */
function unknownUser(ownUid: number): GprxyError {
  return new GprxyError(
    `refused a client whose OS user could not be found out: this port serves OS user ${ownUid} only`,
    {
      code: 'ERR_LOCAL_USER',
      sqlState: SqlState.InvalidAuthorization,
      clientMessage:
        'gprxy cannot see which OS user this connection comes from, and serves only the one who started it',
      hint:
        'Connect again. If you and gprxy are in different containers or network namespaces, set listen = "unix" or ' +
        'local_auth = "password", and run "gprxy reload"; or run "gprxy start" on your side.',
    },
  );
}

function anotherUser(uid: number, ownUid: number): GprxyError {
  return new GprxyError(`refused OS user ${uid}: this port serves OS user ${ownUid} only`, {
    code: 'ERR_LOCAL_USER',
    sqlState: SqlState.InvalidAuthorization,
    clientMessage: 'this port serves the OS user who started gprxy there, and nobody else',
    hint: 'Start your own: "gprxy start" with another port in "listen", or "gprxy psql".',
  });
}

function cannotTell(): GprxyError {
  return new GprxyError('this system does not say which OS user is at the other end of a TCP connection', {
    code: 'ERR_LOCAL_AUTH',
    hint:
      'Set listen = "unix", which only you can open, or local_auth = "password"; ' +
      'local_auth = "trust" if nobody else uses this machine.',
  });
}
