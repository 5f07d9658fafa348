import { isUtf8 } from 'node:buffer';
import { GprxyError, ProtocolError } from '../errors.ts';

/** The client's side of SASL OAUTHBEARER (RFC 7628), as libpq of PostgreSQL 18 plays it. */

const SEPARATOR = '\x01';
/** RFC 6750 section 2.1, b64token. */
const BEARER_TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;

/**
 * The initial response. It carries the token in clear: only for a server that TLS has verified.
 *
 * @param token '' asks for discovery (section 4.3): the server refuses, and says where its tokens come from
 * @throws {GprxyError} for a token that the server would refuse for its characters alone
 */
export function encodeOAuthBearerInitialResponse(token: string): Buffer {
  if (token !== '' && !BEARER_TOKEN.test(token)) {
    throw new GprxyError('the access token has characters that a bearer token cannot have (RFC 6750 section 2.1)', {
      code: 'ERR_TOKEN_FORMAT',
    });
  }
  const credentials = token === '' ? '' : `Bearer ${token}`;
  return Buffer.from(`n,,${SEPARATOR}auth=${credentials}${SEPARATOR}${SEPARATOR}`, 'latin1');
}

/** The answer to a refusal (section 3.2.3): after it the server sends its ErrorResponse. */
export function encodeOAuthBearerAbort(): Buffer {
  return Buffer.from(SEPARATOR, 'latin1');
}

/** Why a server refused a token, and where it wants one from (section 3.2.2). */
export interface OAuthBearerError {
  status: string;
  scope?: string;
  openidConfiguration?: string;
}

/**
 * Parses the challenge that a server answers a token with.
 *
 * @throws {ProtocolError} unless it is a JSON object with a `status`, and every field that we know is a string
 */
export function parseOAuthBearerError(data: Buffer): OAuthBearerError {
  const fields = parseJsonObject(data);
  const status = stringField(fields, 'status');
  const scope = stringField(fields, 'scope');
  const openidConfiguration = stringField(fields, 'openid-configuration');
  if (status === undefined) throw malformed('it has no status');
  return {
    status,
    ...(scope !== undefined && { scope }),
    ...(openidConfiguration !== undefined && { openidConfiguration }),
  };
}

function parseJsonObject(data: Buffer): ReadonlyMap<string, unknown> {
  if (!isUtf8(data)) throw malformed('it is not UTF-8');
  let value: unknown;
  try {
    value = JSON.parse(data.toString('utf8'));
  } catch {
    throw malformed('it is not JSON'); // without the cause, which quotes what it could not read
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed('it is not an object');
  return new Map(Object.entries(value));
}

function stringField(fields: ReadonlyMap<string, unknown>, name: string): string | undefined {
  const value = fields.get(name);
  if (value !== undefined && typeof value !== 'string') throw malformed(`its field "${name}" is not a string`);
  return value;
}

function malformed(reason: string): ProtocolError {
  return new ProtocolError(`malformed OAUTHBEARER error from the server: ${reason}`);
}
