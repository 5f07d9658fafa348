import { ProtocolError } from '../errors.ts';
import { MessageType } from './message-type.ts';
import { Reader } from './reader.ts';
import { int32, message, string } from './writer.ts';

/** The length word of an `R` message may say no more than this: libpq hangs up on longer ones. */
export const MAX_AUTHENTICATION_REQUEST_BYTES = 2_000;

/** The Int32 that an `R` message starts with. */
const Code = { Ok: 0, CleartextPassword: 3, MD5Password: 5, SASL: 10, SASLContinue: 11, SASLFinal: 12 } as const;

/** Requests that exist but are never answered. */
const UNSUPPORTED = new Map([
  [1, 'KerberosV4'],
  [2, 'KerberosV5'],
  [4, 'CryptPassword'],
  [6, 'SCMCredential'],
  [7, 'GSS'],
  [8, 'GSSContinue'],
  [9, 'SSPI'],
]);

export type AuthenticationRequest =
  | { kind: 'Ok' }
  | { kind: 'CleartextPassword' }
  | { kind: 'MD5Password'; salt: Buffer }
  | { kind: 'SASL'; mechanisms: string[] }
  | { kind: 'SASLContinue' | 'SASLFinal'; data: Buffer }
  | { kind: 'Unsupported'; name: string };

export const authenticationOk: Buffer = authentication(Code.Ok);

export const authenticationCleartextPassword: Buffer = authentication(Code.CleartextPassword);

/** The mechanisms in the server's order of preference. */
export function encodeAuthenticationSASL(mechanisms: readonly string[]): Buffer {
  return authentication(Code.SASL, ...mechanisms.map(string), string(''));
}

export function encodeAuthenticationSASLContinue(data: Buffer): Buffer {
  return authentication(Code.SASLContinue, data);
}

export function encodeAuthenticationSASLFinal(data: Buffer): Buffer {
  return authentication(Code.SASLFinal, data);
}

function authentication(code: number, ...fields: Buffer[]): Buffer {
  const bytes = message(MessageType.Authentication, int32(code), ...fields);
  if (bytes.length - 1 > MAX_AUTHENTICATION_REQUEST_BYTES) {
    throw new ProtocolError(`an authentication request of ${bytes.length - 1} bytes is longer than libpq accepts`);
  }
  return bytes;
}

/** @throws {ProtocolError} for fields that are missing, too many or not terminated */
export function decodeAuthentication(body: Buffer): AuthenticationRequest {
  const reader = new Reader(body, 'authentication request');
  const code = reader.int32();
  switch (code) {
    case Code.SASLContinue:
      return { kind: 'SASLContinue', data: reader.rest() };
    case Code.SASLFinal:
      return { kind: 'SASLFinal', data: reader.rest() };
  }
  const request = decodeFixed(code, reader);
  if (request.kind !== 'Unsupported') reader.end();
  return request;
}

function decodeFixed(code: number, reader: Reader): AuthenticationRequest {
  switch (code) {
    case Code.Ok:
      return { kind: 'Ok' };
    case Code.CleartextPassword:
      return { kind: 'CleartextPassword' };
    case Code.MD5Password:
      return { kind: 'MD5Password', salt: reader.bytes(4) };
    case Code.SASL:
      return { kind: 'SASL', mechanisms: readMechanisms(reader) };
    default:
      return { kind: 'Unsupported', name: UNSUPPORTED.get(code) ?? `authentication request ${code}` };
  }
}

function readMechanisms(reader: Reader): string[] {
  const mechanisms: string[] = [];
  for (let name = reader.string(); name !== ''; name = reader.string()) mechanisms.push(name);
  return mechanisms;
}
