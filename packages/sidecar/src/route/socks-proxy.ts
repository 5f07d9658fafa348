import type { Socket } from 'node:net';
import { type Dial, dialTcp } from '@gprxy/proxy-core';
import type { SocksClientError } from 'socks';
import { type Hop, hopFailed, type Route } from './route.ts';

export interface SocksProxy extends Hop {
  readonly password?: string;
}

/** SOCKS5 (RFC 1928, with a password RFC 1929). Names are resolved by the proxy, as behind a jump host they must be. */
export function socksProxyRoute(proxy: SocksProxy): Route {
  const dial: Dial = async ({ host, port }, signal) => {
    const { SocksClient } = await import('socks');
    const existing_socket = await dialTcp(proxy, signal).catch((cause: NodeJS.ErrnoException) => {
      throw signal.aborted ? cause : failed('could not connect to', proxy, cause);
    });
    const end = () => existing_socket.destroy();
    signal.addEventListener('abort', end, { once: true });
    try {
      const { socket } = await SocksClient.createConnection({
        command: 'connect',
        proxy: { ...proxy, type: 5, ...(proxy.user !== undefined && { userId: proxy.user }) },
        destination: { host, port },
        existing_socket,
      });
      return socket as Socket;
    } catch (cause) {
      existing_socket.destroy();
      throw signal.aborted ? signal.reason : failed('no connection through', proxy, cause as SocksClientError);
    } finally {
      signal.removeEventListener('abort', end);
    }
  };
  return { dial, close: () => {} };
}

function failed(what: string, proxy: SocksProxy, cause: NodeJS.ErrnoException | SocksClientError) {
  const detail = 'code' in cause && cause.code !== undefined ? cause.code : cause.message;
  const hint = 'Check "via" of the profile, and that the proxy may connect to the upstream.';
  return hopFailed(`${what} the SOCKS proxy`, proxy, { hint, detail, cause });
}
