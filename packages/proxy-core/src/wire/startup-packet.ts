import { ProtocolError, SqlState } from '../errors.ts';
import { type BackendKey, type FrontendKey, frontendKey } from './cancel-key.ts';
import { Reader } from './reader.ts';
import { int32, packet, string } from './writer.ts';

export const PROTOCOL_3_0 = 0x0003_0000;
export const PROTOCOL_3_2 = 0x0003_0002;

/** The whole packet, its length word included. */
export const MAX_STARTUP_BYTES = 10_000;
/** Length and version, or length and request code. */
const MIN_STARTUP_BYTES = 8;

const CANCEL_REQUEST = 80877102;
const SSL_REQUEST = 80877103;
const GSSENC_REQUEST = 80877104;

/** Names in this space are protocol options, not settings of the session. */
const PROTOCOL_OPTION_PREFIX = '_pq_.';

export interface StartupMessage {
  readonly kind: 'StartupMessage';
  /** Major version in the upper, minor version in the lower 16 bits, as the client asked for it. */
  readonly protocolVersion: number;
  /** In the order in which they take effect; of a name that came twice, the last. */
  readonly parameters: ReadonlyMap<string, string>;
  /** The names below `_pq_.` that came; none is known yet. */
  readonly protocolOptions: readonly string[];
}

export type StartupPacket =
  | StartupMessage
  | { readonly kind: 'SSLRequest' }
  | { readonly kind: 'GSSENCRequest' }
  | { readonly kind: 'CancelRequest'; readonly key: FrontendKey };

/**
 * The length that the first four bytes of a connection declare, their own four bytes included.
 *
 * @throws {ProtocolError} unless it is 8 to 10,000, so that nothing is allocated for more
 */
export function parseStartupLength(prefix: Buffer): number {
  const length = new Reader(prefix, 'startup packet').uint32();
  if (length < MIN_STARTUP_BYTES || length > MAX_STARTUP_BYTES) {
    throw new ProtocolError('invalid length of startup packet');
  }
  return length;
}

/**
 * Parses the first packet of a connection, with its length word.
 *
 * @throws {ProtocolError} 0A000 for a major version other than 3, 22021 for text that is not UTF-8, else 08P01
 */
export function parseStartupPacket(bytes: Buffer): StartupPacket {
  if (parseStartupLength(bytes) !== bytes.length) throw new ProtocolError('incomplete startup packet');
  const reader = new Reader(bytes.subarray(4), 'startup packet');
  const code = reader.uint32();
  switch (code) {
    case SSL_REQUEST:
      reader.end();
      return { kind: 'SSLRequest' };
    case GSSENC_REQUEST:
      reader.end();
      return { kind: 'GSSENCRequest' };
    case CANCEL_REQUEST:
      return { kind: 'CancelRequest', key: frontendKey(reader.int32(), reader.rest()) };
    default:
      return parseStartupMessage(code, reader);
  }
}

function parseStartupMessage(protocolVersion: number, reader: Reader): StartupMessage {
  refuseOtherMajorVersions(protocolVersion);
  const parameters = new Map<string, string>();
  const protocolOptions: string[] = [];
  for (let name = reader.string(); name !== ''; name = reader.string()) {
    const value = reader.string();
    if (name.startsWith(PROTOCOL_OPTION_PREFIX)) {
      protocolOptions.push(name);
    } else {
      // Deleted first, so that it takes effect at its last place: settings are case-insensitive, and of "TimeZone"
      // and "timezone" the server too goes by the one that came last.
      parameters.delete(name);
      parameters.set(name, value);
    }
  }
  if (!reader.atEnd) {
    throw new ProtocolError('invalid startup packet layout: expected terminator as last byte');
  }
  return { kind: 'StartupMessage', protocolVersion, parameters, protocolOptions };
}

function refuseOtherMajorVersions(protocolVersion: number): void {
  const major = protocolVersion >>> 16;
  const minor = protocolVersion & 0xffff;
  if (major === 3) return;
  throw new ProtocolError(`unsupported frontend protocol ${major}.${minor}: server supports 3.0 to 3.2`, {
    sqlState: SqlState.FeatureNotSupported,
  });
}

/**
 * What PostgreSQL 18 answers to the version and the protocol options of a StartupMessage: an unknown minor version is
 * served as 3.2, 3.1 (reserved, never released) as it is, and unknown options are named in NegotiateProtocolVersion,
 * which is due when `negotiate` is true.
 */
export function negotiateVersion({ protocolVersion, protocolOptions }: StartupMessage): {
  protocolVersion: number;
  unrecognized: readonly string[];
  negotiate: boolean;
} {
  return {
    protocolVersion: Math.min(protocolVersion, PROTOCOL_3_2),
    unrecognized: protocolOptions,
    negotiate: protocolVersion > PROTOCOL_3_2 || protocolOptions.length > 0,
  };
}

/** @throws {ProtocolError} 28000 if the client named no user */
export function requireUser({ parameters }: StartupMessage): string {
  const user = parameters.get('user');
  if (user) return user;
  throw new ProtocolError('no PostgreSQL user name specified in startup packet', {
    sqlState: SqlState.InvalidAuthorization,
  });
}

/** @throws {ProtocolError} if the packet would be longer than servers accept, which they answer by hanging up */
export function encodeStartupMessage(
  protocolVersion: number,
  parameters: Iterable<readonly [name: string, value: string]>,
): Buffer {
  const fields = [int32(protocolVersion)];
  for (const [name, value] of parameters) {
    if (name === '') throw new ProtocolError('a startup parameter needs a name');
    fields.push(string(name), string(value));
  }
  const bytes = packet(...fields, string(''));
  if (bytes.length > MAX_STARTUP_BYTES) {
    throw new ProtocolError(`startup parameters take ${bytes.length} bytes, at most ${MAX_STARTUP_BYTES} can be sent`);
  }
  return bytes;
}

export const sslRequest: Buffer = packet(int32(SSL_REQUEST));

export function encodeCancelRequest({ pid, secret }: BackendKey): Buffer {
  return packet(int32(CANCEL_REQUEST), int32(pid), secret);
}
