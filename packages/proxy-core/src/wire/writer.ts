import { ProtocolError } from '../errors.ts';

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/**
 * A NUL-terminated string.
 *
 * @throws {ProtocolError} for a string with a NUL: what follows it would be read as further fields.
 */
export function string(value: string): Buffer {
  if (value.includes('\0')) throw new ProtocolError('a string that holds a NUL character cannot be sent');
  return Buffer.from(`${value}\0`, 'utf8');
}

/** A message without type byte, as before authentication: Int32 length (its own four bytes included), fields. */
export function packet(...fields: Buffer[]): Buffer {
  const body = Buffer.concat(fields);
  return Buffer.concat([int32(4 + body.length), body]);
}

/** A message: Byte1 type, Int32 length (its own four bytes included, the type not), fields. */
export function message(type: number, ...fields: Buffer[]): Buffer {
  return Buffer.concat([Buffer.of(type), packet(...fields)]);
}
