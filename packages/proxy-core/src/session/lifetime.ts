import type { Socket } from 'node:net';
import { terminate } from '../wire/frontend-messages.ts';
import { ConnectionLost } from './connection-errors.ts';

/**
 * What ends the login of one client early: the listener draining, the client hanging up, its time running out.
 * All of them abort `signal`, and its reason says which it was.
 */
export class Lifetime {
  readonly #controller = new AbortController();
  readonly #socket: Socket;
  readonly #outer: AbortSignal;
  readonly #timer: NodeJS.Timeout;
  #talking: Socket | undefined;
  #isKnown = false;
  #unreadBytes = 0;

  constructor(socket: Socket, outer: AbortSignal, timeoutMs: number, onExpiry: () => Error) {
    this.#socket = socket;
    this.#outer = outer;
    this.#timer = setTimeout(() => this.#controller.abort(onExpiry()), timeoutMs);
    socket.on('close', this.#onClose);
    outer.addEventListener('abort', this.#onOuterAbort, { once: true });
    if (outer.aborted) this.#onOuterAbort();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** From here on a client that closes its side without having asked for anything has gone. `socket`: where it talks, TLS or not. */
  watchEnd(socket: Socket): void {
    this.#talking = socket.on('readable', this.#lookForEnd).on('end', this.#onClose);
  }

  /** The client said who it is: from here on it may take as long as the upstream does. */
  endDeadline(): void {
    clearTimeout(this.#timer);
    this.#isKnown = true;
  }

  /** From here on somebody else (the relay, the close) looks after the client's socket. */
  endWatch(): void {
    this.#socket.off('close', this.#onClose);
    this.#talking?.off('readable', this.#lookForEnd).off('end', this.#onClose);
  }

  end(): void {
    this.endDeadline();
    this.endWatch();
    this.#outer.removeEventListener('abort', this.#onOuterAbort);
  }

  /** A stream tells of its end only to those who read, and nobody reads while the upstream is being asked. */
  #lookForEnd = () => {
    if (this.#talking?.readableLength === 0) this.#talking.read(0);
    else if (this.#talking && this.#isKnown && this.#saysGoodbye(this.#talking)) this.#onClose();
  };

  /** A Terminate and nothing else. Looked at once: to put it back is news to the stream, which would tell us again for ever. */
  #saysGoodbye(socket: Socket): boolean {
    const { readableLength } = socket;
    if (readableLength === this.#unreadBytes) return false;
    this.#unreadBytes = readableLength;
    if (readableLength !== terminate.length) return false;
    const bytes: Buffer | null = socket.read(readableLength);
    if (bytes) socket.unshift(bytes);
    return bytes?.equals(terminate) ?? false;
  }
  #onClose = () => this.#controller.abort(new ConnectionLost());
  #onOuterAbort = () => this.#controller.abort(this.#outer.reason);
}
