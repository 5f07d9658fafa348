/** The little of D-Bus that one question needs: https://dbus.freedesktop.org/doc/dbus-specification.html */

export interface MethodCall {
  serial: number;
  destination: string;
  path: string;
  interface: string;
  member: string;
  /** Strings only. */
  arguments?: readonly string[];
}

export interface Reply {
  /** Of the call that this answers; undefined for signals. */
  replySerial?: number;
  isError: boolean;
  body: Buffer;
}

const fixedHeaderBytes = 16;
const methodReturn = 2;
const methodError = 3;
const replySerialField = 5;

export function encodeMethodCall(call: MethodCall): Buffer {
  const strings = call.arguments ?? [];
  const body = strings.reduce<Buffer>((sofar, text) => append(sofar, 4, encodeString(text)), Buffer.alloc(0));
  let fields = field(1, 'o', encodeString(call.path));
  fields = append(fields, 8, field(2, 's', encodeString(call.interface)));
  fields = append(fields, 8, field(3, 's', encodeString(call.member)));
  fields = append(fields, 8, field(6, 's', encodeString(call.destination)));
  if (strings.length > 0) fields = append(fields, 8, field(8, 'g', signature('s'.repeat(strings.length))));
  const head = Buffer.alloc(fixedHeaderBytes);
  head.write('l');
  head.set([1, 0, 1], 1);
  head.writeUInt32LE(body.length, 4);
  head.writeUInt32LE(call.serial, 8);
  head.writeUInt32LE(fields.length, 12);
  return append(Buffer.concat([head, fields]), 8, body);
}

/** The first message in `bytes` and what comes after it; `undefined` until it is complete. */
export function decodeMessage(bytes: Buffer): { reply: Reply; rest: Buffer } | undefined {
  if (bytes.length < fixedHeaderBytes) return undefined;
  const uint32 = uint32Reader(bytes);
  const bodyLength = uint32(4);
  const fieldsEnd = fixedHeaderBytes + uint32(12);
  const bodyStart = aligned(fieldsEnd, 8);
  const end = bodyStart + bodyLength;
  if (bytes.length < end) return undefined;
  const replySerial = replySerialOf(bytes, fieldsEnd);
  const isError = bytes[1] === methodError;
  const isReply = isError || bytes[1] === methodReturn;
  const body = bytes.subarray(bodyStart, end);
  const reply = { isError, body, ...(isReply && replySerial !== undefined && { replySerial }) };
  return { reply, rest: bytes.subarray(end) };
}

/** The boolean in a body that is one variant, as Properties.Get has it. */
export function decodeBooleanVariant(body: Buffer): boolean | undefined {
  if (body.length !== 8 || body.toString('latin1', 0, 3) !== '\x01b\0') return undefined;
  return body.subarray(4).some((byte) => byte !== 0);
}

function replySerialOf(bytes: Buffer, fieldsEnd: number): number | undefined {
  const uint32 = uint32Reader(bytes);
  for (let at = fixedHeaderBytes; at + 8 <= fieldsEnd; ) {
    const [code, type] = [bytes[at], String.fromCharCode(bytes[at + 2] ?? 0)];
    if (code === replySerialField && type === 'u') return uint32(at + 4);
    if (type !== 's' && type !== 'o' && type !== 'g' && type !== 'u') return undefined;
    const valueBytes = { s: uint32(at + 4) + 5, o: uint32(at + 4) + 5, g: (bytes[at + 4] ?? 0) + 2, u: 4 }[type];
    at = aligned(at + 4 + valueBytes, 8);
  }
  return undefined;
}

function uint32Reader(bytes: Buffer): (at: number) => number {
  const isLittle = bytes[0] === 'l'.charCodeAt(0);
  return (at) => (isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
}

function field(code: number, type: string, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([code]), signature(type), value]);
}

function signature(types: string): Buffer {
  return Buffer.from(`${String.fromCharCode(types.length)}${types}\0`, 'latin1');
}

function encodeString(text: string): Buffer {
  const bytes = Buffer.from(`${text}\0`);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length - 1);
  return Buffer.concat([length, bytes]);
}

function append(bytes: Buffer, alignment: number, more: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(aligned(bytes.length, alignment) - bytes.length), more]);
}

function aligned(at: number, alignment: number): number {
  return Math.ceil(at / alignment) * alignment;
}
