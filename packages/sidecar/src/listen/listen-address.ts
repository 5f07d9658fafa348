import { isIP } from 'node:net';
import { posix } from 'node:path';
import { isLoopbackHost } from '@gprxy/loopback-http';
import type { ListenAddress } from '../config/profile.ts';

/** The usual hosts. They need not be looked at by isIP, which loads Node's network modules: get-token would wait for those. */
const USUAL_HOSTS = ['localhost', '127.0.0.1', '::1'];

/** Sockets are found by `host=/directory`, so each profile gets a directory of its own and the default port's name in it. */
const SOCKET_NAME = '.s.PGSQL.5432';

export interface ListenContext {
  readonly profile: string;
  readonly runtimeDirectory: string;
  readonly homedir: string;
}

/** Reads one `listen` value: `"127.0.0.1:5433"`, `"[::1]:5433"`, `"localhost:5433"`, `"unix"`, `"unix:/directory"`. Throws a plain Error. */
export function parseListenAddress(value: string, context: ListenContext): ListenAddress {
  if (value === 'unix') return { path: posix.join(context.runtimeDirectory, context.profile, SOCKET_NAME) };
  if (value.startsWith('unix:')) return { path: socketFile(value.slice('unix:'.length), context.homedir) };
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(value);
  if (match === null) {
    throw new Error(`"${value}" is not an address: use "127.0.0.1:5433", "unix" or "unix:/directory"`);
  }
  const host = match[1] ?? match[2] ?? '';
  const port = Number(match[3]);
  if (port > 65_535) throw new Error(`"${value}": ports end at 65535`);
  // Names are not resolved: what they lead to may change.
  if (!USUAL_HOSTS.includes(host) && isIP(host) === 0) throw reachable(host);
  return { host, port };
}

/** Whether only programs of this machine can connect there. */
export function isLocalOnly(address: ListenAddress): boolean {
  return 'path' in address || isLoopbackHost(address.host);
}

/** Throws a plain Error unless the address is for programs of this machine only. */
export function requireLoopback(address: ListenAddress): void {
  if (!isLocalOnly(address) && 'host' in address) throw reachable(address.host);
}

function reachable(host: string): Error {
  return new Error(
    `"${host}" can be reached from other machines; gprxy listens on loopback (127.0.0.1, ::1) or a Unix socket only, ` +
      'because whoever reaches the port is logged in as you',
  );
}

/**
 * The hosts to bind for one that is configured. 127.0.0.1 and ::1 come together: `localhost` may mean either, and the one left
 * free could be taken by another user of the machine.
 */
export function bindHosts(host: string): string[] {
  return USUAL_HOSTS.includes(host) ? ['127.0.0.1', '::1'] : [host];
}

/** What is bound for it, as text, where that is known before: a port that the system chooses is another one each time. */
export function fixedAddresses(address: ListenAddress): string[] {
  if ('path' in address) return [address.path];
  if (address.port === 0) return [];
  return bindHosts(address.host).map((host) => formatAddress({ host, port: address.port }));
}

/** `127.0.0.1:5433`, `[::1]:5433` or the path. */
export function formatAddress(address: ListenAddress): string {
  if ('path' in address) return address.path;
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}

function socketFile(path: string, homedir: string): string {
  const expanded = path.startsWith('~/') ? posix.join(homedir, path.slice(2)) : path;
  if (!posix.isAbsolute(expanded)) throw new Error(`"unix:${path}": the path of a socket must be absolute`);
  return posix.basename(expanded).startsWith('.s.PGSQL.') ? expanded : posix.join(expanded, SOCKET_NAME);
}
