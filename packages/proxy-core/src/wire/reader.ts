import { isUtf8 } from 'node:buffer';
import { ProtocolError, SqlState } from '../errors.ts';

/**
 * Reads the fields of one message in order. Every read is checked against the end of the message, so a length or a
 * terminator that lies ends in a ProtocolError that names the message.
 */
export class Reader {
  readonly #bytes: Buffer;
  readonly #messageName: string;
  #offset = 0;

  constructor(bytes: Buffer, messageName: string) {
    this.#bytes = bytes;
    this.#messageName = messageName;
  }

  get atEnd(): boolean {
    return this.#offset === this.#bytes.length;
  }

  uint8(): number {
    return this.bytes(1).readUInt8();
  }

  int32(): number {
    return this.bytes(4).readInt32BE();
  }

  uint32(): number {
    return this.bytes(4).readUInt32BE();
  }

  /** The next `length` bytes: a view, not a copy. */
  bytes(length: number): Buffer {
    if (length < 0 || length > this.#bytes.length - this.#offset) throw this.malformed('insufficient data left');
    const start = this.#offset;
    this.#offset += length;
    return this.#bytes.subarray(start, this.#offset);
  }

  /** All bytes that are left. */
  rest(): Buffer {
    return this.bytes(this.#bytes.length - this.#offset);
  }

  /** A NUL-terminated string, without its NUL. */
  stringBytes(): Buffer {
    const end = this.#bytes.indexOf(0, this.#offset);
    if (end === -1) throw this.malformed('a string is not terminated');
    const string = this.bytes(end - this.#offset);
    this.#offset += 1;
    return string;
  }

  /**
   * A NUL-terminated string in UTF-8.
   *
   * @throws {ProtocolError} 22021 for other bytes: replacing them would make two names one.
   */
  string(): string {
    const string = this.stringBytes();
    if (!isUtf8(string)) {
      throw new ProtocolError(`${this.#messageName} contains an invalid byte sequence for encoding "UTF8"`, {
        sqlState: SqlState.CharacterNotInRepertoire,
      });
    }
    return string.toString('utf8');
  }

  /** A NUL-terminated string for people, in whatever encoding the server speaks before it knows ours. */
  text(): string {
    return this.stringBytes().toString('utf8');
  }

  end(): void {
    if (!this.atEnd) throw this.malformed('unexpected data at its end');
  }

  malformed(reason: string): ProtocolError {
    return new ProtocolError(`malformed ${this.#messageName}: ${reason}`);
  }
}
