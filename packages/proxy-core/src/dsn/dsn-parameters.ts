import { closestWord } from '../closest-word.ts';
import type { GprxyError } from '../errors.ts';
import { invalidDsn, PERCENT_ENCODE } from './invalid-dsn.ts';

/** Those that travel to the server, as startup parameters of the same name. */
export const STARTUP_PARAMETERS = ['application_name', 'client_encoding', 'options', 'replication'] as const;

const TLS_PARAMETERS = ['sslmode', 'sslnegotiation', 'sslrootcert', 'sslcert', 'sslkey'] as const;

/** All parameters of libpq's URI that we read. */
export const KNOWN_PARAMETERS: ReadonlySet<string> = new Set([
  ...STARTUP_PARAMETERS,
  ...TLS_PARAMETERS,
  'connect_timeout',
  'target_session_attrs',
  'load_balance_hosts',
]);

/** Splits what stands behind "?". By hand: URLSearchParams reads "+" as a space, libpq does not. */
export function parseParameters(query: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const pair of query === '' ? [] : query.split('&')) {
    const equals = pair.indexOf('=');
    if (equals === -1) throw invalidDsn('a parameter has no "="', PERCENT_ENCODE);
    const name = percentDecode(pair.slice(0, equals), 'a parameter name');
    if (!KNOWN_PARAMETERS.has(name)) throw unknownParameter(name);
    if (parameters.has(name)) throw invalidDsn(`parameter "${name}" stands twice`);
    parameters.set(name, percentDecode(pair.slice(equals + 1), `parameter "${name}"`));
  }
  return parameters;
}

/** @param what names the part in an error */
export function percentDecode(text: string, what: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(text);
  } catch {
    throw invalidDsn(`${what} is not percent-encoded UTF-8`, PERCENT_ENCODE);
  }
  if (decoded.includes('\0')) throw invalidDsn(`${what} holds a NUL character`);
  return decoded;
}

function unknownParameter(name: string): GprxyError {
  if (name === 'password') return invalidDsn('the password is a parameter', 'Write it as "user:password@host".');
  // Quoted only if it looks like a name: it may be the rest of a password that is not percent-encoded.
  const quoted = /^[a-z_]+$/.test(name) ? ` "${name}"` : '';
  const meant = quoted === '' ? undefined : closestWord(name, [...KNOWN_PARAMETERS]);
  const hint = meant === undefined ? `Known are: ${[...KNOWN_PARAMETERS].join(', ')}.` : `Did you mean "${meant}"?`;
  return invalidDsn(`parameter${quoted} is unknown`, hint);
}
