import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A socket that sends exactly the bytes it is told to, and keeps everything that comes back. */
export class RawClient {
  readonly socket: Socket;
  #received = Buffer.alloc(0);
  #changed: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#changed();
    });
    socket.on('close', () => this.#changed());
  }

  static async open(port: number): Promise<RawClient> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  static over(socket: Socket): RawClient {
    return new RawClient(socket);
  }

  send(...parts: Buffer[]): this {
    this.socket.write(Buffer.concat(parts));
    return this;
  }

  /** The next `count` bytes. */
  async read(count: number): Promise<Buffer> {
    await this.#until(() => this.#received.length >= count || this.socket.closed);
    const bytes = this.#received.subarray(0, count);
    this.#received = this.#received.subarray(count);
    return bytes;
  }

  /** Everything up to the close by the peer, and how long that took. */
  async readToEnd(): Promise<{ bytes: Buffer; elapsedMs: number }> {
    const startedAt = performance.now();
    await this.#until(() => this.socket.closed);
    return { bytes: this.#received, elapsedMs: performance.now() - startedAt };
  }

  #until(done: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#changed = () => done() && resolve();
      this.#changed();
    });
  }
}
