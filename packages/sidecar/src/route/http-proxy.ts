import { once } from 'node:events';
import { request } from 'node:http';
import { isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { type Address, type Dial, dialTcp } from '@gprxy/proxy-core';
import { type Hop, hopFailed, type Route } from './route.ts';

export interface HttpProxy extends Hop {
  /** The connection to the proxy itself is encrypted, and the proxy's certificate verified. */
  readonly encrypted: boolean;
  readonly password?: string;
  /** PEM of the authorities to trust for that; the system's when absent. */
  readonly ca?: string;
}

/** A tunnel by HTTP CONNECT (RFC 9110 section 9.3.6). The proxy sees where it leads, and TLS passing by. */
export function httpProxyRoute(proxy: HttpProxy): Route {
  const dial: Dial = async (address, signal) => {
    const socket = await dialTcp(proxy, signal).catch((cause: NodeJS.ErrnoException) => {
      throw signal.aborted ? cause : unreachable(proxy, cause);
    });
    const end = () => socket.destroy(signal.reason);
    signal.addEventListener('abort', end, { once: true });
    try {
      return await openTunnel(proxy.encrypted ? await encrypt(socket, proxy) : socket, proxy, address);
    } catch (error) {
      socket.destroy();
      throw signal.aborted ? signal.reason : error;
    } finally {
      signal.removeEventListener('abort', end);
    }
  };
  return { dial, close: () => {} };
}

async function encrypt(socket: Socket, proxy: HttpProxy): Promise<TLSSocket> {
  const { host, ca } = proxy;
  const secured = connectTls({
    socket,
    host,
    ...(isIP(host) === 0 && { servername: host }),
    ...(ca !== undefined && { ca }),
  });
  await once(secured, 'secureConnect').catch((cause) => {
    const hint = 'Check the certificate of the proxy, or use http:// if it does not speak TLS.';
    throw hopFailed('no verified TLS connection to the HTTP proxy', proxy, { hint, cause });
  });
  return secured;
}

function openTunnel(socket: Socket, proxy: HttpProxy, { host, port }: Address): Promise<Socket> {
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return new Promise((resolve, reject) => {
    const outgoing = request({
      createConnection: () => socket,
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...authorization(proxy) },
    });
    outgoing.once('connect', ({ statusCode = 0 }, tunnel: Socket, head) => {
      if (statusCode < 200 || statusCode > 299) return reject(refused(proxy, statusCode, authority));
      if (head.length > 0) tunnel.unshift(head);
      resolve(tunnel);
    });
    outgoing.once('error', (cause) => reject(unreachable(proxy, cause)));
    outgoing.end();
  });
}

/** RFC 7617. */
function authorization({ user, password }: HttpProxy): { 'proxy-authorization'?: string } {
  if (user === undefined) return {};
  return { 'proxy-authorization': `Basic ${Buffer.from(`${user}:${password ?? ''}`).toString('base64')}` };
}

function refused(proxy: HttpProxy, status: number, authority: string) {
  const hint =
    status === 407
      ? 'Give the proxy a user in "via" and its password in "via_password_file".'
      : `Have the proxy's administrator allow CONNECT to ${authority}.`;
  return hopFailed('the tunnel was refused by the HTTP proxy', proxy, { hint, detail: `It answered ${status}.` });
}

function unreachable(proxy: HttpProxy, cause: NodeJS.ErrnoException) {
  const detail = cause.code === undefined ? cause.message : cause.code;
  return hopFailed('could not connect to the HTTP proxy', proxy, {
    hint: 'Check "via" of the profile.',
    detail,
    cause,
  });
}
