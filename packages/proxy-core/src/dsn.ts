import { isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';
import { GprxyError, SqlState } from './errors.ts';
import type { TlsMode } from './session/connect-upstream-socket.ts';

const DEFAULT_PORT = 5432;

/** Settings of libpq's URI that travel to the server as startup parameters of the same name. */
const STARTUP_PARAMETERS = ['application_name', 'client_encoding', 'options', 'replication'] as const;
const TLS_PARAMETERS = ['sslmode', 'sslnegotiation', 'sslrootcert', 'sslcert', 'sslkey'] as const;
const KNOWN_PARAMETERS: ReadonlySet<string> = new Set([...STARTUP_PARAMETERS, ...TLS_PARAMETERS, 'connect_timeout']);

export interface DsnTls {
  mode: TlsMode;
  negotiation: 'postgres' | 'direct';
  /** Absent: the authorities that the system trusts. */
  rootCertFile?: string;
  certFile?: string;
  keyFile?: string;
}

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
  const query = parseQuery(url.search.slice(1));
  const user = decode(url.username, 'the user');
  const password = decode(url.password, 'the password');
  const database = decode(url.pathname.slice(1), 'the database');
  const connectTimeoutMs = parseTimeout(query.get('connect_timeout'));
  return {
    host: parseHost(url.hostname),
    port: parsePort(url.port),
    ...(user && { user }),
    ...(password && { password }),
    ...(database && { database }),
    tls: parseTls(query),
    ...(connectTimeoutMs !== undefined && { connectTimeoutMs }),
    parameters: new Map(STARTUP_PARAMETERS.flatMap((name) => pairOf(query, name))),
  };
}

function parseUrl(dsn: string): URL {
  const [, authority, rest] = /^postgres(?:ql)?:\/\/([^/?#]*)(.*)$/is.exec(dsn) ?? [];
  if (authority === undefined || rest === undefined) throw invalidDsn('it does not start with "postgresql://"');
  if (/[@#]/.test(rest)) {
    // Most likely a password with "/", "?" or "#" in it, which would otherwise be taken for a path or a parameter.
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
  const host = decode(bare, 'the host');
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

/** By hand: URLSearchParams reads "+" as a space, libpq does not. */
function parseQuery(query: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const pair of query === '' ? [] : query.split('&')) {
    const equals = pair.indexOf('=');
    if (equals === -1) throw invalidDsn('a parameter has no "="', PERCENT_ENCODE);
    const name = decode(pair.slice(0, equals), 'a parameter name');
    if (!KNOWN_PARAMETERS.has(name)) throw unknownParameter(name);
    if (parameters.has(name)) throw invalidDsn(`parameter "${name}" stands twice`);
    parameters.set(name, decode(pair.slice(equals + 1), `parameter "${name}"`));
  }
  return parameters;
}

function parseTimeout(seconds: string | undefined): number | undefined {
  if (seconds === undefined) return undefined;
  if (!/^[1-9][0-9]{0,5}$/.test(seconds))
    throw invalidDsn('connect_timeout is not a number of seconds from 1 to 999999');
  return Number(seconds) * 1000;
}

function parseTls(query: ReadonlyMap<string, string>): DsnTls {
  const mode = parseMode(query.get('sslmode') ?? 'verify-full');
  const negotiation = parseNegotiation(query.get('sslnegotiation') ?? 'postgres', mode);
  const rootCertFile = parseRootCert(query.get('sslrootcert'), mode);
  const [certFile, keyFile] = [query.get('sslcert'), query.get('sslkey')];
  if (!certFile !== !keyFile) throw invalidDsn('of sslcert and sslkey only one is given');
  if (certFile && mode === 'disable') throw invalidDsn('sslcert has no effect with sslmode=disable');
  return {
    mode,
    negotiation,
    ...(rootCertFile && { rootCertFile }),
    ...(certFile && keyFile && { certFile, keyFile }),
  };
}

function parseMode(mode: string): TlsMode {
  switch (mode) {
    case 'disable':
    case 'require':
    case 'verify-ca':
    case 'verify-full':
      return mode;
    case 'allow':
    case 'prefer':
      throw invalidDsn(
        `sslmode=${mode} goes on without encryption when somebody on the way says so`,
        'Use sslmode=verify-full, or sslmode=disable where the network is trusted.',
      );
    default:
      throw invalidDsn('sslmode is none of disable, require, verify-ca, verify-full');
  }
}

function parseNegotiation(negotiation: string, mode: TlsMode): 'postgres' | 'direct' {
  if (negotiation !== 'postgres' && negotiation !== 'direct') {
    throw invalidDsn('sslnegotiation is neither postgres nor direct');
  }
  if (negotiation === 'direct' && mode === 'disable') {
    throw invalidDsn('sslnegotiation=direct contradicts sslmode=disable');
  }
  return negotiation;
}

/** `system` is libpq's name for the authorities of the system, which we take anyway when no file is named. */
function parseRootCert(file: string | undefined, mode: TlsMode): string | undefined {
  const rootCertFile = file === 'system' ? undefined : file || undefined;
  if (mode === 'verify-ca' && !rootCertFile) {
    throw invalidDsn(
      'sslmode=verify-ca without sslrootcert would trust every server that has a public certificate',
      'Use sslmode=verify-full, or name the file of your own authority in sslrootcert.',
    );
  }
  if (rootCertFile && (mode === 'disable' || mode === 'require')) {
    throw invalidDsn(`sslrootcert has no effect with sslmode=${mode}`, 'Use sslmode=verify-full.');
  }
  return rootCertFile;
}

function pairOf(query: ReadonlyMap<string, string>, name: string): Array<[string, string]> {
  const value = query.get(name);
  return value === undefined ? [] : [[name, value]];
}

function decode(text: string, what: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(text);
  } catch {
    throw invalidDsn(`${what} is not percent-encoded UTF-8`, PERCENT_ENCODE);
  }
  if (decoded.includes('\0')) throw invalidDsn(`${what} holds a NUL character`);
  return decoded;
}

const PERCENT_ENCODE = 'Percent-encode special characters, such as "%40" for "@", "%2F" for "/" and "%23" for "#".';

function unknownParameter(name: string): GprxyError {
  if (name === 'password') return invalidDsn('the password is a parameter', 'Write it as "user:password@host".');
  // The name is quoted only if it is one: it may be the rest of a password that is not percent-encoded.
  const quoted = /^[a-z_]+$/.test(name) ? ` "${name}"` : '';
  return invalidDsn(`parameter${quoted} is unknown`, `Known are: ${[...KNOWN_PARAMETERS].join(', ')}.`);
}

function invalidDsn(reason: string, hint?: string): GprxyError {
  return new GprxyError(`invalid DSN: ${reason}`, {
    code: 'ERR_DSN',
    sqlState: SqlState.CannotEstablish,
    ...(hint && { hint }),
  });
}

/**
 * A DSN for logs and messages: without the password and without parameters that we do not know. It takes invalid ones
 * too, and rather hides too much of them than too little.
 */
export function maskDsn(dsn: string): string {
  const [, scheme, rest] = /^([a-z]+:\/\/)(.*)$/is.exec(dsn) ?? [];
  if (scheme === undefined || rest === undefined) return '***';
  const at = rest.lastIndexOf('@'); // the last one: a password may have been written with "@" in it
  const [address = '', ...query] = rest.slice(at + 1).split('?');
  const login = at === -1 ? '' : `${rest.slice(0, at).replace(/:.*$/s, ':***')}@`;
  return scheme + login + address + (query.length > 0 ? `?${maskQuery(query.join('?'))}` : '');
}

function maskQuery(query: string): string {
  return query
    .split('&')
    .map((pair) => (KNOWN_PARAMETERS.has(pair.slice(0, pair.indexOf('='))) ? pair : '***'))
    .join('&');
}
