import { MessageType } from './message-type.ts';
import { Reader } from './reader.ts';
import { int32, message, string } from './writer.ts';

/** Messages that a frontend sends: decoded from clients, encoded towards the server. A decoder gets the body alone. */

export const terminate: Buffer = message(MessageType.Terminate);

/** @throws {ProtocolError} unless the body is exactly one terminated string, in UTF-8; the string may be empty */
export function decodePasswordMessage(body: Buffer): string {
  const reader = new Reader(body, 'PasswordMessage');
  const password = reader.string();
  reader.end();
  return password;
}

export function encodePasswordMessage(password: string): Buffer {
  return message(MessageType.PasswordMessage, string(password));
}

/** `data` is undefined when the client sent none (length -1), which is not the same as empty. */
export interface SASLInitialResponse {
  mechanism: string;
  data: Buffer | undefined;
}

export function decodeSASLInitialResponse(body: Buffer): SASLInitialResponse {
  const reader = new Reader(body, 'SASLInitialResponse');
  const mechanism = reader.string();
  const length = reader.int32();
  const data = length === -1 ? undefined : reader.bytes(length);
  reader.end();
  return { mechanism, data };
}

export function encodeSASLInitialResponse(mechanism: string, data: Buffer): Buffer {
  return message(MessageType.SASLInitialResponse, string(mechanism), int32(data.length), data);
}

export function encodeSASLResponse(data: Buffer): Buffer {
  return message(MessageType.SASLResponse, data);
}

export function encodeQuery(sql: string): Buffer {
  return message(MessageType.Query, string(sql));
}
