import { isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';
import { parseParameters, percentDecode, STARTUP_PARAMETERS } from './dsn-parameters.ts';
import { type DsnTls, parseDsnTls } from './dsn-tls.ts';
import { invalidDsn, PERCENT_ENCODE } from './invalid-dsn.ts';

const DEFAULT_PORT = 5432;

/** Where a server is and how to log in there; what the DSN left out is absent. */
export interface Dsn {
  host: string;
  port: number;
  user?: string;
  password?: string;
  database?: string;
  tls: DsnTls;
  connectTimeoutMs?: number;
  /** Startup parameters. */
  parameters: Map<string, string>;
}

/**
 * Parses `postgresql://user:password@host:port/database?parameter=value&...`, the URI of libpq, more strictly:
 * `sslmode` is verify-full unless it says otherwise, and whatever could be misunderstood is an error.
 *
 * @throws {GprxyError} ERR_DSN, whose message quotes neither user nor password
 */
export function parseDsn(dsn: string): Dsn {
  const url = parseUrl(dsn);
  const parameters = parseParameters(url.search.slice(1));
  const user = percentDecode(url.username, 'the user');
  const password = percentDecode(url.password, 'the password');
  const database = percentDecode(url.pathname.slice(1), 'the database');
  const connectTimeoutMs = parseTimeout(parameters.get('connect_timeout'));
  return {
    host: parseHost(url.hostname),
    port: parsePort(url.port),
    ...(user && { user }),
    ...(password && { password }),
    ...(database && { database }),
    tls: parseDsnTls(parameters),
    ...(connectTimeoutMs && { connectTimeoutMs }),
    parameters: startupParameters(parameters),
  };
}

function parseUrl(dsn: string): URL {
  const [, authority, rest] = /^postgres(?:ql)?:\/\/([^/?#]*)(.*)$/is.exec(dsn) ?? [];
  if (authority === undefined || rest === undefined) throw invalidDsn('it does not start with "postgresql://"');
  if (/[@#]/.test(rest)) {
    // Most likely a password with "/", "?" or "#" in it, the end of which would be taken for a path or a parameter.
    throw invalidDsn('"@" or "#" stands behind the host', PERCENT_ENCODE);
  }
  if (authority.slice(authority.lastIndexOf('@') + 1).includes(',')) {
    throw invalidDsn('it names several hosts', 'Name one host; several are not supported yet.');
  }
  if (!URL.canParse(dsn)) throw invalidDsn('it is not a URL', PERCENT_ENCODE);
  return new URL(dsn);
}

function parseHost(hostname: string): string {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1');
  if (isIPv6(bare)) return bare;
  const host = percentDecode(bare, 'the host');
  if (host === '') throw invalidDsn('it names no host');
  if (host.startsWith('/')) throw invalidDsn('its host is a Unix socket', 'Name a host that accepts TCP connections.');
  const ascii = domainToASCII(host);
  if (ascii === '') throw invalidDsn('its host is not a name or an address');
  return ascii;
}

function parsePort(port: string): number {
  if (port === '0') throw invalidDsn('its port is 0');
  return port === '' ? DEFAULT_PORT : Number(port);
}

function parseTimeout(seconds: string | undefined): number | undefined {
  if (seconds === undefined) return undefined;
  if (!/^[1-9][0-9]{0,5}$/.test(seconds)) throw invalidDsn('connect_timeout is not a number of seconds, 1 to 999999');
  return Number(seconds) * 1000;
}

function startupParameters(parameters: ReadonlyMap<string, string>): Map<string, string> {
  const startup = new Map<string, string>();
  for (const name of STARTUP_PARAMETERS) {
    const value = parameters.get(name);
    if (value !== undefined) startup.set(name, value);
  }
  return startup;
}
