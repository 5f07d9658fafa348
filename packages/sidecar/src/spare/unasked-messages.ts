import { decodeParameterStatus, FRAME_HEADER_BYTES, MessageType, parseFrameHeader } from '@gprxy/proxy-core';

/** More than any server has to say to a session that asks for nothing. */
const MAX_BYTES = 65_536;

/**
 * What a server says to a session while nobody uses it. ParameterStatus and NoticeResponse are for whoever gets the session;
 * anything else, an ErrorResponse above all, means that nobody should (protocol chapter, "Asynchronous Operations").
 */
export class UnaskedMessages {
  /** Whole messages as they came, in their order. */
  readonly frames: Buffer[] = [];
  /** What they report, by name. */
  readonly parameters = new Map<string, string>();
  #unparsed = Buffer.alloc(0);
  #bytes = 0;

  /** False in the middle of a message. */
  get isAtBoundary(): boolean {
    return this.#unparsed.length === 0;
  }

  /** Chunks may end anywhere. Returns whether the session is still good for somebody. */
  push(chunk: Buffer): boolean {
    this.#bytes += chunk.length;
    if (this.#bytes > MAX_BYTES) return false;
    this.#unparsed = Buffer.concat([this.#unparsed, chunk]);
    try {
      return this.#takeMessages();
    } catch {
      return false;
    }
  }

  #takeMessages(): boolean {
    for (;;) {
      const [type] = this.#unparsed;
      if (type === undefined) return true;
      if (type !== MessageType.ParameterStatus && type !== MessageType.NoticeResponse) return false;
      if (this.#unparsed.length < FRAME_HEADER_BYTES) return true;
      const length = FRAME_HEADER_BYTES + parseFrameHeader(this.#unparsed, MAX_BYTES).bodyLength;
      if (this.#unparsed.length < length) return true;
      this.#keep(type, this.#unparsed.subarray(0, length));
      this.#unparsed = this.#unparsed.subarray(length);
    }
  }

  #keep(type: number, frame: Buffer): void {
    this.frames.push(frame);
    if (type !== MessageType.ParameterStatus) return;
    const { name, value } = decodeParameterStatus(frame.subarray(FRAME_HEADER_BYTES));
    this.parameters.set(name, value);
  }
}
