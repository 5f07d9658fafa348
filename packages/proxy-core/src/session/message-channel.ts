import type { Socket } from 'node:net';
import { ProtocolError } from '../errors.ts';
import { FRAME_HEADER_BYTES, parseFrameHeader } from '../wire/message-frame.ts';
import { MAX_STARTUP_BYTES } from '../wire/startup-packet.ts';
import { ConnectionLost, NotPostgres } from './connection-errors.ts';

/** One message as it came: its type byte, its body, and the whole frame for passing on unchanged. */
export interface Message {
  readonly type: number;
  readonly body: Buffer;
  readonly frame: Buffer;
}

/**
 * A socket read message by message, for as long as gprxy itself is the peer.
 *
 * It holds no buffer of its own: what has not been asked for stays in the socket's, so nothing can be lost or
 * parsed twice when the socket is upgraded to TLS or released to the relay.
 */
export class MessageChannel {
  readonly socket: Socket;
  #wake: () => void = () => {};
  #failure: Error | undefined;
  #ended = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('readable', this.#onReadable);
    socket.on('end', this.#onEnd);
    socket.on('close', this.#onEnd);
    socket.on('error', this.#onError);
  }

  #onReadable = () => this.#wake();
  #onEnd = () => {
    this.#ended = true;
    this.#wake();
  };
  #onError = (error: Error) => {
    this.#failure ??= error;
    this.#onEnd();
  };

  /** Bytes that have arrived and were not asked for yet. */
  get unreadBytes(): number {
    return this.socket.readableLength;
  }

  /** Exactly `count` bytes, or `undefined` when the peer closed before the first of them. */
  async readBytes(count: number, signal: AbortSignal): Promise<Buffer | undefined> {
    for (;;) {
      signal.throwIfAborted();
      const bytes: Buffer | null = count === 0 ? Buffer.alloc(0) : this.socket.read(count);
      if (bytes?.length === count) return bytes;
      if (bytes !== null) throw new ConnectionLost(this.#failure);
      if (this.#failure) throw new ConnectionLost(this.#failure);
      if (this.#ended) return undefined;
      await this.#nextChange(signal);
    }
  }

  /** The next byte, which stays unread; `undefined` when the peer closed. */
  async peekByte(signal: AbortSignal): Promise<number | undefined> {
    const byte = await this.readBytes(1, signal);
    if (byte) this.socket.unshift(byte);
    return byte?.[0];
  }

  /**
   * A packet without a type byte, as they come before authentication; `undefined` when the peer just closed.
   * A length that no startup packet has means that the peer speaks another protocol (HTTP's "GET " reads as a
   * gigabyte): NotPostgres, before anything is allocated.
   */
  async readStartupPacket(signal: AbortSignal): Promise<Buffer | undefined> {
    const head = await this.readBytes(4, signal);
    if (!head) return undefined;
    const length = head.readUInt32BE(0);
    if (length < 8 || length > MAX_STARTUP_BYTES) throw new NotPostgres(`startup packet of ${length} bytes`);
    const rest = await this.readBytes(length - 4, signal);
    if (!rest) throw new ConnectionLost();
    return Buffer.concat([head, rest], length);
  }

  /**
   * The next message. Its type (when `expectedType` is given) and length are judged from the header alone,
   * before the body is read or allocated.
   */
  async readMessage(signal: AbortSignal, maxBodyBytes: number, expectedType?: number): Promise<Message> {
    const header = await this.readBytes(FRAME_HEADER_BYTES, signal);
    if (!header) throw new ConnectionLost();
    const type = header.readUInt8(0);
    if (expectedType !== undefined && type !== expectedType) throw unexpectedMessage(type);
    const { bodyLength } = parseFrameHeader(header, maxBodyBytes);
    const body = await this.readBytes(bodyLength, signal);
    if (!body) throw new ConnectionLost();
    return { type, body, frame: Buffer.concat([header, body]) };
  }

  /** Writes all of `parts` as one packet where the network allows. */
  write(...parts: readonly Buffer[]): void {
    this.socket.cork();
    for (const part of parts) this.socket.write(part);
    this.socket.uncork();
  }

  /** Lets go of the socket. Unread bytes are still in it. */
  release(): Socket {
    this.socket.off('readable', this.#onReadable);
    this.socket.off('end', this.#onEnd);
    this.socket.off('close', this.#onEnd);
    this.socket.off('error', this.#onError);
    return this.socket;
  }

  #nextChange(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#wake = () => {};
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#wake = wake;
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}

/** 08P01 for a message that the current state does not allow; the printable letter helps whoever reads the log. */
export function unexpectedMessage(type: number): ProtocolError {
  const shown = type > 0x20 && type < 0x7f ? `"${String.fromCharCode(type)}"` : `0x${type.toString(16)}`;
  return new ProtocolError(`unexpected message type ${shown} during authentication`);
}
