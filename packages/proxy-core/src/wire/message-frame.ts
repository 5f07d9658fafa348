import { ProtocolError } from '../errors.ts';

/** 1 GiB, the largest value PostgreSQL holds; longer messages exist only as an attack or as garbage. */
export const MAX_MESSAGE_BYTES = 0x4000_0000;
/** What PostgreSQL 18 reads of a password or an OAUTHBEARER message: tokens run to tens of kilobytes. */
export const MAX_AUTHENTICATION_BYTES = 65_535;
/** What PostgreSQL reads of a SCRAM message. */
export const MAX_SCRAM_BYTES = 1_024;

/** Byte1 type, Int32 length. */
export const FRAME_HEADER_BYTES = 5;

export interface FrameHeader {
  type: number;
  bodyLength: number;
}

/**
 * Reads the five header bytes of a message.
 *
 * @throws {ProtocolError} for a length below 4 or a body over `maxBodyBytes`, before anything is allocated for it
 */
export function parseFrameHeader(header: Buffer, maxBodyBytes: number): FrameHeader {
  if (header.length < FRAME_HEADER_BYTES) throw new ProtocolError('incomplete message header');
  return { type: header.readUInt8(), bodyLength: bodyLengthOf(header.readInt32BE(1), maxBodyBytes) };
}

/** `length` counts itself (4 bytes); as Int32 it may be negative. */
function bodyLengthOf(length: number, maxBodyBytes: number): number {
  const bodyLength = length - 4;
  if (bodyLength < 0 || bodyLength > maxBodyBytes) {
    throw new ProtocolError(`invalid message length ${length}, at most ${maxBodyBytes + 4} bytes are accepted`);
  }
  return bodyLength;
}

/**
 * Follows the message boundaries of a stream that is passed on as it is: it looks at headers only, keeps no bytes, and
 * makes no object per message. Chunks may end anywhere, in the middle of a header too.
 */
export class FrameScanner {
  #type = 0;
  #length = 0;
  #headerBytes = 0;
  #bodyBytesLeft = 0;

  /** True between two messages. */
  get atBoundary(): boolean {
    return this.#bodyBytesLeft === 0 && this.#headerBytes === 0;
  }

  /** The type of the message that is under way or, at a boundary, of the last whole one; 0 before the first. */
  get lastType(): number {
    return this.#type;
  }

  /** @throws {ProtocolError} for a length below 4 or over 1 GiB; the scanner is of no use after that */
  push(chunk: Buffer): void {
    let offset = 0;
    while (offset < chunk.length) {
      if (this.#bodyBytesLeft > 0) {
        const skipped = Math.min(this.#bodyBytesLeft, chunk.length - offset);
        this.#bodyBytesLeft -= skipped;
        offset += skipped;
      } else {
        this.#pushHeaderByte(chunk[offset++] as number);
      }
    }
  }

  #pushHeaderByte(byte: number): void {
    if (this.#headerBytes === 0) this.#type = byte;
    else this.#length = (this.#length << 8) | byte; // four shifts push out the length before, and give an Int32
    this.#headerBytes += 1;
    if (this.#headerBytes < FRAME_HEADER_BYTES) return;
    this.#headerBytes = 0;
    this.#bodyBytesLeft = bodyLengthOf(this.#length, MAX_MESSAGE_BYTES);
  }
}
