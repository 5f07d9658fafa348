import { chmod } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { GprxyError, type Listener, type ListenOptions, listen } from '@gprxy/proxy-core';
import type { PeerLookup } from '../client/peer-uid.ts';
import type { ListenAddress } from '../config/profile.ts';
import type { InheritedSockets } from './inherited-sockets.ts';
import { openLastingSocket } from './lasting-socket.ts';
import { bindHosts, formatAddress } from './listen-address.ts';
import { prepareSocketPath, requirePrivateSocket } from './unix-socket.ts';

/** A configured address that is being served, by one listener or by one for each IP version. */
export interface OpenAddress {
  /** What to tell people, with the real port. */
  readonly address: ListenAddress;
  readonly connections: number;
  /** See Listener. */
  drain(timeoutMs?: number): Promise<{ forced: number }>;
  release(): void;
}

export interface OpenOptions
  extends Pick<ListenOptions, 'maxConnections' | 'serve'>,
    Required<Pick<ListenOptions, 'countConnections'>> {
  readonly address: ListenAddress;
  readonly peers: PeerLookup;
  readonly inherited: InheritedSockets;
  /** Of a Unix socket whose file somebody has taken away: why it could not be made again; undefined once it has been. */
  onGone(problem: unknown): void;
  /** How often it is looked whether it is still there. */
  readonly recheckMs?: number;
}

/** Other ports are tried this often when one that the system chose is free on 127.0.0.1 only. */
const TRIES_FOR_A_FREE_PORT = 10;

/**
 * Binds one configured address: a Unix socket (0600), or a port on 127.0.0.1 and, where the machine has IPv6, on ::1.
 * All or nothing. Rejects with GprxyError `ERR_ADDRESS_IN_USE`, `ERR_SOCKET_PATH` or `ERR_LISTEN`.
 */
export async function openAddress(options: OpenOptions): Promise<OpenAddress> {
  const { address } = options;
  if ('path' in address) return openUnix(options, address.path);
  const hosts = bindHosts(address.host);
  for (let attempt = 1; ; attempt++) {
    try {
      return await openTcp(options, hosts, address.port);
    } catch (error) {
      const otherPort = address.port === 0 && attempt < TRIES_FOR_A_FREE_PORT;
      if (!otherPort || !(error instanceof GprxyError) || error.code !== 'ERR_ADDRESS_IN_USE') throw error;
    }
  }
}

/** Only the first time by the socket of whoever started us: that one is gone, too, when its file is. */
function openUnix(options: OpenOptions, path: string): Promise<OpenAddress> {
  const { inherited, recheckMs, onGone } = options;
  const bindSocket = async () => {
    const descriptor = inherited.take({ path });
    if (descriptor === undefined) await prepareSocketPath(path);
    else await requirePrivateSocket(path);
    const listener = await bind(options, { path }, descriptor);
    if (descriptor === undefined) await chmod(path, 0o600);
    return listener;
  };
  return openLastingSocket({ path, bind: bindSocket, onGone, ...(recheckMs !== undefined && { recheckMs }) });
}

/** The first host decides the port, when the system chooses it; the others get the same one. */
async function openTcp(options: OpenOptions, hosts: readonly string[], wantedPort: number): Promise<OpenAddress> {
  const bound: Listener[] = [];
  let port = wantedPort;
  for (const host of hosts) {
    try {
      const listener = await bind(options, { host, port }, options.inherited.take({ host, port }));
      port = (listener.address as AddressInfo).port;
      bound.push(listener);
    } catch (error) {
      if (bound.length > 0 && hasNoIpv6(error)) continue;
      await Promise.all(bound.map((listener) => listener.drain(0)));
      throw error;
    }
  }
  return together({ host: hosts[0] ?? '', port }, bound);
}

function together(address: ListenAddress, listeners: readonly Listener[]): OpenAddress {
  return {
    address,
    get connections() {
      return listeners.reduce((sum, { connections }) => sum + connections, 0);
    },
    release() {
      for (const listener of listeners) listener.release();
    },
    async drain(timeoutMs) {
      const ended = await Promise.all(listeners.map((listener) => listener.drain(timeoutMs)));
      return { forced: ended.reduce((sum, { forced }) => sum + forced, 0) };
    },
  };
}

async function bind(options: OpenOptions, address: ListenAddress, descriptor: number | undefined): Promise<Listener> {
  const { countConnections, serve } = options;
  try {
    return await listen({
      address,
      descriptor,
      get maxConnections() {
        return options.maxConnections;
      },
      countConnections,
      serve,
    });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') throw await addressInUse(address, options.peers);
    throw new GprxyError(`cannot listen on ${formatAddress(address)} (${code ?? 'unknown error'})`, {
      code: 'ERR_LISTEN',
      hint:
        code === 'EACCES' ? 'Ports below 1024 need special rights: choose another.' : 'Check "listen" of the profile.',
      cause,
    });
  }
}

/** Who holds the port matters: on a shared machine it may be somebody who waits for your queries. */
async function addressInUse(address: ListenAddress, peers: PeerLookup): Promise<GprxyError> {
  const uid = 'path' in address ? undefined : await peers.uidListeningOn(address.port);
  const who = uid === undefined ? 'another program' : `another program (of OS user ${uid})`;
  return new GprxyError(`${who} listens on ${formatAddress(address)}`, {
    code: 'ERR_ADDRESS_IN_USE',
    hint: 'Stop it ("gprxy stop" if it is another gprxy), or choose another port in "listen".',
  });
}

function hasNoIpv6(error: unknown): boolean {
  const code = error instanceof GprxyError ? (error.cause as NodeJS.ErrnoException | undefined)?.code : undefined;
  return code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT';
}
