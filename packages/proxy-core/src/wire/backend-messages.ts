import { type BackendKey, backendKey, type FrontendKey } from './cancel-key.ts';
import { MessageType } from './message-type.ts';
import { Reader } from './reader.ts';
import { int32, message, string } from './writer.ts';

/** Messages that a backend sends besides authentication and errors: encoded towards clients, decoded from servers. */

/** @param protocolVersion the version that is served, in the form of StartupMessage */
export function encodeNegotiateProtocolVersion(protocolVersion: number, unrecognized: readonly string[]): Buffer {
  return message(
    MessageType.NegotiateProtocolVersion,
    int32(protocolVersion),
    int32(unrecognized.length),
    ...unrecognized.map(string),
  );
}

export function decodeNegotiateProtocolVersion(body: Buffer): { protocolVersion: number; unrecognized: string[] } {
  const reader = new Reader(body, 'NegotiateProtocolVersion');
  const protocolVersion = reader.uint32();
  const unrecognized: string[] = [];
  for (let left = reader.uint32(); left > 0; left--) unrecognized.push(reader.string());
  reader.end();
  return { protocolVersion, unrecognized };
}

export function encodeBackendKeyData({ pid, secret }: FrontendKey): Buffer {
  return message(MessageType.BackendKeyData, int32(pid), secret);
}

/** @throws {ProtocolError} for a secret that is not 4 to 256 bytes long */
export function decodeBackendKeyData(body: Buffer): BackendKey {
  const reader = new Reader(body, 'BackendKeyData');
  return backendKey(reader.int32(), reader.rest());
}

export function encodeParameterStatus(name: string, value: string): Buffer {
  return message(MessageType.ParameterStatus, string(name), string(value));
}

/** A value may come in the session's client_encoding: what is not UTF-8 in it is replaced. */
export function decodeParameterStatus(body: Buffer): { name: string; value: string } {
  const reader = new Reader(body, 'ParameterStatus');
  const parameter = { name: reader.string(), value: reader.text() };
  reader.end();
  return parameter;
}

/** Idle, in a transaction, in a failed transaction. */
export type TransactionStatus = 'I' | 'T' | 'E';

export function encodeReadyForQuery(status: TransactionStatus): Buffer {
  return message(MessageType.ReadyForQuery, Buffer.from(status, 'latin1'));
}

export function decodeReadyForQuery(body: Buffer): TransactionStatus {
  const reader = new Reader(body, 'ReadyForQuery');
  const status = String.fromCharCode(reader.uint8());
  reader.end();
  if (status !== 'I' && status !== 'T' && status !== 'E') throw reader.malformed('unknown transaction status');
  return status;
}
