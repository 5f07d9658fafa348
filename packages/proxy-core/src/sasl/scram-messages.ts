import { ProtocolError, SqlState, UpstreamError } from '../errors.ts';

/** What a server says in SCRAM-SHA-256 (RFC 5802 section 7). Extensions that we do not know are passed over. */

/** The length of a SHA-256 hash. */
export const KEY_BYTES = 32;

/** PostgreSQL's default is 4,096. Without a cap, a server could keep our processor busy for as long as it likes. */
const MAX_ITERATIONS = 100_000;

const SERVER_FIRST = /^r=(?<nonce>[\x21-\x2b\x2d-\x7e]+),s=(?<salt>[^,]+),i=(?<iterations>[1-9][0-9]{0,9})(?:,.*)?$/s;
const SERVER_FINAL = /^(?:v=(?<signature>[^,]+)|e=(?<error>[^,]*))(?:,.*)?$/s;

export interface ServerFirstMessage {
  /** Ours and the server's. */
  nonce: string;
  salt: Buffer;
  iterations: number;
}

/** @throws {ProtocolError} if it is malformed, does not extend our nonce, or asks for more than 100,000 iterations */
export function parseServerFirst(message: Buffer, clientNonce: string): ServerFirstMessage {
  const { nonce = '', salt = '', iterations } = SERVER_FIRST.exec(message.toString())?.groups ?? {};
  if (!iterations) throw new ProtocolError('malformed SCRAM server-first-message');
  if (!nonce.startsWith(clientNonce) || nonce.length === clientNonce.length) {
    throw new ProtocolError('invalid SCRAM response (nonce mismatch)');
  }
  if (Number(iterations) > MAX_ITERATIONS) {
    throw new ProtocolError(
      `the server asks for ${iterations} SCRAM iterations, at most ${MAX_ITERATIONS} are accepted`,
    );
  }
  return { nonce, salt: decodeBase64(salt), iterations: Number(iterations) };
}

/**
 * Returns the server's signature.
 *
 * @throws {UpstreamError} if the server refused our proof
 * @throws {ProtocolError} if it is malformed
 */
export function parseServerFinal(message: Buffer): Buffer {
  const { signature = '', error } = SERVER_FINAL.exec(message.toString())?.groups ?? {};
  if (error !== undefined) throw serverRefused(`error received from server in SCRAM exchange: ${error}`);
  const bytes = decodeBase64(signature);
  if (bytes.length !== KEY_BYTES) throw new ProtocolError('malformed SCRAM server-final-message');
  return bytes;
}

export function serverRefused(message: string): UpstreamError {
  return new UpstreamError(message, { code: 'ERR_UPSTREAM_AUTHENTICATION', sqlState: SqlState.InvalidAuthorization });
}

/** Buffer.from skips what is not base64; encoding again shows whether it did. */
function decodeBase64(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) throw new ProtocolError('malformed SCRAM message (invalid base64)');
  return bytes;
}
