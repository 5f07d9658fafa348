import type { Socket } from 'node:net';

/** A message with a type byte, and all its bytes for passing on. */
export interface Packet {
  readonly type: string;
  readonly body: Buffer;
  readonly bytes: Buffer;
}

/** Exactly `count` bytes, what follows them stays in the socket; `undefined` where the peer is gone. */
export function readExactly(socket: Socket, count: number): Promise<Buffer | undefined> {
  if (count === 0) return Promise.resolve(Buffer.alloc(0));
  return new Promise((resolve) => {
    const settle = (bytes: Buffer | undefined) => {
      socket.off('readable', attempt).off('end', gone).off('close', gone);
      resolve(bytes);
    };
    const attempt = () => {
      const bytes: Buffer | null = socket.read(count);
      if (bytes !== null) settle(bytes.length === count ? bytes : undefined);
    };
    const gone = () => settle(undefined);
    socket.on('readable', attempt).on('end', gone).on('close', gone);
    if (socket.destroyed || socket.readableEnded) gone();
    else attempt();
  });
}

export async function readPacket(socket: Socket): Promise<Packet | undefined> {
  const header = await readExactly(socket, 5);
  const body = header && (await readExactly(socket, header.readUInt32BE(1) - 4));
  if (!body) return undefined;
  return { type: header.toString('latin1', 0, 1), body, bytes: Buffer.concat([header, body]) };
}

export function packet(type: string, ...parts: readonly (Buffer | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(`${part}\0`) : part)));
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

/** The fields of Odyssey's own errors, in its order: there is no V, and nothing behind M. */
export function errorPacket(severity: 'ERROR' | 'FATAL', code: string, message: string): Buffer {
  return packet('E', `S${severity}`, `C${code}`, `M${message}`, Buffer.alloc(1));
}

/** The texts of a body that is a list of them. */
export function textsOf(body: Buffer): string[] {
  return body.toString('utf8').split('\0');
}

export async function write(socket: Socket, bytes: Buffer): Promise<void> {
  if (socket.destroyed || socket.write(bytes)) return;
  await new Promise<void>((resolve) => {
    const settle = () => {
      socket.off('drain', settle).off('close', settle);
      resolve();
    };
    socket.on('drain', settle).on('close', settle);
  });
}
