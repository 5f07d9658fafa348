/**
 * Expected bytes, written field by field as the protocol chapter lists them. It shares nothing with the code under
 * test: a mistake in a length or in a byte order cannot cancel itself out.
 */
export class ByteBuilder {
  readonly #bytes: number[] = [];

  byte(value: number | string): this {
    this.#bytes.push(typeof value === 'string' ? value.charCodeAt(0) : value);
    return this;
  }

  int32(value: number): this {
    for (const shift of [24, 16, 8, 0]) this.#bytes.push((value >>> shift) & 0xff);
    return this;
  }

  bytes(values: Iterable<number>): this {
    this.#bytes.push(...values);
    return this;
  }

  string(value: string): this {
    return this.bytes(new TextEncoder().encode(value)).byte(0);
  }

  build(): Buffer {
    return Buffer.from(this.#bytes);
  }

  /** What was built so far as the body of a packet without type. */
  packet(): Buffer {
    return new ByteBuilder()
      .int32(this.#bytes.length + 4)
      .bytes(this.#bytes)
      .build();
  }

  /** What was built so far as the body of a message. */
  message(type: string): Buffer {
    return new ByteBuilder().byte(type).bytes(this.packet()).build();
  }
}

/** The body of a message: what a decoder gets. */
export function bodyOf(message: Buffer): Buffer {
  return message.subarray(5);
}
