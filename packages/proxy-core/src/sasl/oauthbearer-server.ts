import { ProtocolError, SqlState } from '../errors.ts';

/**
 * The server's side of SASL OAUTHBEARER (RFC 7628): the same messages are accepted and refused, with the same words, as
 * by PostgreSQL 18.
 */

const SEPARATOR = '\x01';

export interface OAuthBearerInitialResponse {
  /** '' when there is none to verify. Both cases get the challenge, and after the client's answer to it 28000. */
  token: string;
  /** Why a credential that was sent is no bearer token; absent when the client asked for discovery. For the log. */
  problem?: string;
}

/**
 * Parses a client's initial response, whose grammar is
 * `("n" | "y") "," "," %x01 *( key "=" value %x01 ) %x01`, one key being `auth`.
 *
 * @throws {ProtocolError} 08P01 for everything else, channel binding included; 0A000 for an authorization identity
 */
export function parseOAuthBearerInitialResponse(data: Buffer): OAuthBearerInitialResponse {
  if (data.length === 0) throw malformed('The message is empty.');
  if (data.includes(0)) throw malformed('Message length does not match input length.');
  const message = data.toString('latin1'); // one character for each byte: nothing is merged, moved or lost
  const auth = readAuth(message, skipHeader(message));
  return parseCredentials(auth);
}

/** Returns where the key/value pairs begin: behind the GS2 header and the first separator. */
function skipHeader(message: string): number {
  const flag = message[0];
  if (flag === 'p') {
    throw malformed(
      'The server does not support channel binding for OAuth, but the client message includes channel binding data.',
    );
  }
  if (flag !== 'n' && flag !== 'y') throw malformed(`Unexpected channel-binding flag "${printable(flag)}".`);
  if (message[1] !== ',') throw malformed(`Comma expected, but found character "${printable(message[1])}".`);
  if (message[2] === 'a') {
    throw new ProtocolError('client uses authorization identity, but it is not supported', {
      sqlState: SqlState.FeatureNotSupported,
    });
  }
  if (message[2] !== ',') {
    throw malformed(`Unexpected attribute "${printable(message[2])}" in client-first-message.`);
  }
  if (message[3] !== SEPARATOR) {
    throw malformed(`Key-value separator expected, but found character "${printable(message[3])}".`);
  }
  return 4;
}

/** Reads the pairs from `position` to the end of the message; returns the value of `auth`. */
function readAuth(message: string, position: number): string {
  let auth: string | undefined;
  let start = position;
  while (message[start] !== SEPARATOR) {
    if (start === message.length) throw malformed('Message did not contain a final terminator.');
    const end = message.indexOf(SEPARATOR, start);
    if (end === -1) throw malformed('Message contains an unterminated key/value pair.');
    const { key, value } = parsePair(message.slice(start, end));
    if (key === 'auth') {
      if (auth !== undefined) throw malformed('Message contains multiple auth values.');
      auth = value;
    }
    start = end + 1;
  }
  if (auth === undefined) throw malformed('Message does not contain an auth value.');
  if (start + 1 !== message.length) throw malformed('Message contains additional data after the final terminator.');
  return auth;
}

function parsePair(pair: string): { key: string; value: string } {
  const equals = pair.indexOf('=');
  if (equals === -1) throw malformed('Message contains a key without a value.');
  const key = pair.slice(0, equals);
  const value = pair.slice(equals + 1);
  if (key === '') throw malformed('Message contains an empty key name.');
  if (!/^[A-Za-z]+$/.test(key)) throw malformed('Message contains an invalid key name.');
  if (!/^[\x21-\x7e \t\r\n]*$/.test(value)) throw malformed('Message contains an invalid value.');
  return { key, value };
}

/** RFC 6750 section 2.1, `"Bearer" 1*SP b64token`; the scheme in any case (RFC 7628 section 4). */
function parseCredentials(auth: string): OAuthBearerInitialResponse {
  if (auth === '') return { token: '' };
  if (!/^bearer /i.test(auth)) return { token: '', problem: 'it is of another scheme than Bearer' };
  const token = auth.slice('Bearer '.length).replace(/^ +/, '');
  if (token === '') return { token: '', problem: 'the bearer token is empty' };
  if (!/^[A-Za-z0-9\-._~+/]*=*$/.test(token)) return { token: '', problem: 'the bearer token has invalid characters' };
  return { token };
}

/** Nothing but the one character is shown: what stands next to it may be a token. */
function printable(character: string | undefined): string {
  const code = character?.charCodeAt(0) ?? 0;
  return code >= 0x21 && code <= 0x7e ? `'${character}'` : `0x${code.toString(16).padStart(2, '0')}`;
}

function malformed(detail: string): ProtocolError {
  return new ProtocolError('malformed OAUTHBEARER message', { detail });
}

export interface OAuthBearerChallenge {
  /** The URL of the provider's discovery document. libpq derives the issuer from it. */
  openidConfiguration: string;
  /** The scopes that a token needs, separated by spaces. */
  scope: string;
}

/**
 * The challenge that refuses a token (RFC 7628 section 3.2.2), byte for byte as PostgreSQL writes it. Long settings
 * make it longer than an authentication request may be: encode both once, when the settings are read.
 */
export function encodeOAuthBearerChallenge({ openidConfiguration, scope }: OAuthBearerChallenge): Buffer {
  const quoted = { configuration: JSON.stringify(openidConfiguration), scope: JSON.stringify(scope) };
  return Buffer.from(
    `{ "status": "invalid_token", "openid-configuration": ${quoted.configuration}, "scope": ${quoted.scope} }`,
  );
}
