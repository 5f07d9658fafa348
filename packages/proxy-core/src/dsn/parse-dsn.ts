import { isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';
import type { Address } from '../session/dial.ts';
import { TARGET_SESSION_ATTRS, type TargetSessionAttrs } from '../session/target-session-attrs.ts';
import { parseParameters, percentDecode, STARTUP_PARAMETERS } from './dsn-parameters.ts';
import { type DsnTls, parseDsnTls } from './dsn-tls.ts';
import { invalidDsn, PERCENT_ENCODE } from './invalid-dsn.ts';

const DEFAULT_PORT = 5432;

/** Where a server is and how to log in there; what the DSN left out is absent. */
export interface Dsn {
  /** The first of `hosts`. */
  host: string;
  port: number;
  /** In the order in which they are tried. */
  hosts: readonly Address[];
  user?: string;
  password?: string;
  database?: string;
  tls: DsnTls;
  /** For each host. */
  connectTimeoutMs?: number;
  targetSessionAttrs: TargetSessionAttrs;
  /** Tries the hosts in another order each time. */
  loadBalanceHosts: boolean;
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
  const { url, hosts } = parseUrl(dsn);
  const [first] = hosts;
  const parameters = parseParameters(url.search.slice(1));
  const user = percentDecode(url.username, 'the user');
  const password = percentDecode(url.password, 'the password');
  const database = percentDecode(url.pathname.slice(1), 'the database');
  const connectTimeoutMs = parseTimeout(parameters.get('connect_timeout'));
  return {
    ...first,
    hosts,
    ...(user && { user }),
    ...(password && { password }),
    ...(database && { database }),
    tls: parseDsnTls(parameters),
    ...(connectTimeoutMs && { connectTimeoutMs }),
    targetSessionAttrs: oneOf('target_session_attrs', TARGET_SESSION_ATTRS, parameters) ?? 'any',
    loadBalanceHosts: oneOf('load_balance_hosts', ['disable', 'random'], parameters) === 'random',
    parameters: startupParameters(parameters),
  };
}

function parseUrl(dsn: string): { url: URL; hosts: [Address, ...Address[]] } {
  const [, authority, rest] = /^postgres(?:ql)?:\/\/([^/?#]*)(.*)$/is.exec(dsn) ?? [];
  if (authority === undefined || rest === undefined) throw invalidDsn('it does not start with "postgresql://"');
  if (/[@#]/.test(rest)) {
    // Most likely a password with "/", "?" or "#" in it, the end of which would be taken for a path or a parameter.
    throw invalidDsn('"@" or "#" stands behind the host', PERCENT_ENCODE);
  }
  const login = authority.slice(0, authority.lastIndexOf('@') + 1);
  const [first = '', ...others] = authority.slice(login.length).split(',');
  // A URL has one host only; behind each of the others it may be read as one.
  const urls = [`postgresql://${login}${first}${rest}`, ...others.map((other) => `postgresql://${other}`)];
  if (!urls.every((url) => URL.canParse(url))) throw invalidDsn('it is not a URL', PERCENT_ENCODE);
  const [url, ...more] = urls.map((each) => new URL(each)) as [URL, ...URL[]];
  return { url, hosts: [addressOf(url), ...more.map(addressOf)] };
}

function addressOf({ hostname, port }: URL): Address {
  return { host: parseHost(hostname), port: parsePort(port) };
}

function parseHost(hostname: string): string {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1');
  // Most hosts are names; and isIPv6 loads Node's network modules, which who only reads a DSN should not wait for.
  if (bare.includes(':') && isIPv6(bare)) return bare;
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

function oneOf<T extends string>(
  name: string,
  values: readonly T[],
  parameters: ReadonlyMap<string, string>,
): T | undefined {
  const value = parameters.get(name);
  const known = values.find((each) => each === value);
  if (value !== undefined && known === undefined) throw invalidDsn(`${name} is none of ${values.join(', ')}`);
  return known;
}

function startupParameters(parameters: ReadonlyMap<string, string>): Map<string, string> {
  const startup = new Map<string, string>();
  for (const name of STARTUP_PARAMETERS) {
    const value = parameters.get(name);
    if (value !== undefined) startup.set(name, value);
  }
  return startup;
}
