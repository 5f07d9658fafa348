import { type Dial, GprxyError } from '@gprxy/proxy-core';

/** How an upstream is reached that cannot be dialled straight. */
export interface Route {
  readonly dial: Dial;
  /** Ends what connections share. */
  close(): void;
}

/** The server in between: the proxy or the jump host. */
export interface Hop {
  readonly host: string;
  readonly port: number;
  readonly user?: string;
}

export type RouteKind = 'http' | 'https' | 'socks5' | 'ssh';
const PORTS: Readonly<Record<RouteKind, number>> = { http: 80, https: 443, socks5: 1080, ssh: 22 };

/**
 * Reads `http://proxy:3128`, `https://...`, `socks5://...` or `ssh://me@jump:22`.
 * @throws GprxyError ERR_ROUTE, which quotes nothing that may be a password
 */
export function parseRoute(text: string): { readonly kind: RouteKind; readonly hop: Hop } {
  const kind = /^(https?|socks5|ssh):\/\//.exec(text)?.[1] as RouteKind | undefined;
  if (kind === undefined) throw invalid('it starts with none of http://, https://, socks5://, ssh://');
  // For a scheme that it does not know, URL takes anything for a host; http's rules are those of host names.
  const asHttp = text.replace(/^[a-z0-9]+:/, 'http:');
  const url = URL.canParse(asHttp) ? new URL(asHttp) : undefined;
  if (url === undefined || !/^\/?$/.test(url.pathname) || url.search !== '' || url.hash !== '')
    throw invalid('it is not of the form SCHEME://[USER@]HOST[:PORT]');
  if (url.password !== '') throw invalid('it holds a password', 'Name a file in "via_password_file" instead.');
  const user = decoded(url.username);
  if (user === undefined) throw invalid('a "%" in its user name is not followed by two digits of hexadecimal');
  return {
    kind,
    hop: {
      host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: url.port === '' ? PORTS[kind] : Number(url.port),
      ...(user !== '' && { user }),
    },
  };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function invalid(why: string, hint = 'Write it like "http://proxy.corp.example:3128" or "ssh://me@jump.example".') {
  return new GprxyError(`"via" cannot be used: ${why}`, { code: 'ERR_ROUTE', hint });
}

/** The hop itself is at fault, not the upstream behind it. */
export function hopFailed(
  what: string,
  { host, port }: Hop,
  options: { hint: string; detail?: string; cause?: unknown },
) {
  return new GprxyError(`${what} ${host}:${port}`, { code: 'ERR_ROUTE', sqlState: '08001', ...options });
}
