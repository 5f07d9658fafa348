import { SOCKET_OPTIONS, suits, type TargetSessionAttrs, terminate, type UpstreamSession } from '@gprxy/proxy-core';
import { UnaskedMessages } from './unasked-messages.ts';

/** The kernel asks this often whether the other end is still there, and gives up 10 s later where libuv sets how often it asks. */
const KEEPALIVE_MS = 10_000;
const LINGER_MS = 2_000;

/** A session that is ready for its first query and waits for whoever will send it. It has one way out: `lend` or `end`, once. */
export class SpareSession {
  readonly #session: UpstreamSession;
  readonly #onLost: () => void;
  readonly #heard = new UnaskedMessages();
  #state: 'waiting' | 'lost' | 'gone' = 'waiting';

  /** `onLost`: it is of no use to anybody any more, and has been ended. Called at most once, and never from in here. */
  constructor(session: UpstreamSession, onLost: () => void) {
    this.#session = session;
    this.#onLost = onLost;
    const { socket } = session.channel;
    socket.on('readable', this.#read).on('end', this.#lose).on('close', this.#lose).on('error', this.#lose);
    socket.setKeepAlive(true, KEEPALIVE_MS);
    // What came before anybody listened is not told again.
    process.nextTick(() => (socket.destroyed || socket.readableEnded ? this.#lose() : this.#read()));
  }

  /** As far as is known here: what has arrived is in order, and the line stands. */
  get isUsable(): boolean {
    return this.#state === 'waiting' && this.#heard.isAtBoundary && !this.#session.channel.socket.destroyed;
  }

  /** False when the server has said since its login that it is none of those any more that were asked for: a primary, say. */
  stillSuits(attrs: TargetSessionAttrs): boolean {
    return !suits(attrs, this.#session.parameters) || suits(attrs, this.#parameters) === true;
  }

  /** The address of this machine that it leaves from; undefined where a proxy's or a jump host's stream says nothing of it. */
  get localAddress(): string | undefined {
    return this.#session.channel.socket.localAddress;
  }

  /** See UpstreamSession. */
  get connectionId(): string | undefined {
    return this.#session.connectionId;
  }

  /** The session, with all that the server has said since its login behind what it said then. Throws the second time. */
  lend(): UpstreamSession {
    if (!this.isUsable) throw new Error('a spare session is lent once');
    this.#leave('gone');
    const { channel, loginMessages } = this.#session;
    channel.socket.setKeepAlive(SOCKET_OPTIONS.keepAlive, SOCKET_OPTIONS.keepAliveInitialDelay);
    return {
      ...this.#session,
      loginMessages: { ...loginMessages, afterKey: [...loginMessages.afterKey, ...this.#heard.frames] },
      parameters: this.#parameters,
    };
  }

  get #parameters(): ReadonlyMap<string, string> {
    return new Map([...this.#session.parameters, ...this.#heard.parameters]);
  }

  /** Says goodbye to the server. Resolves once that has closed the connection, which is after it gave up the backend's place. */
  end(): Promise<void> {
    if (this.#state === 'gone') return Promise.resolve();
    this.#leave('gone');
    const socket = this.#session.channel.release();
    socket.on('error', () => {});
    if (socket.closed) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => socket.destroy(), LINGER_MS);
      socket.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      socket.once('end', () => socket.destroySoon());
      socket.end(terminate);
      socket.resume();
    });
  }

  #read = (): void => {
    if (this.#state !== 'waiting') return;
    const chunk: Buffer | null = this.#session.channel.socket.read();
    if (chunk !== null && !this.#heard.push(chunk)) this.#lose();
  };

  #lose = (): void => {
    if (this.#state !== 'waiting') return;
    this.#state = 'lost';
    void this.end();
    this.#onLost();
  };

  #leave(state: 'gone'): void {
    this.#state = state;
    const { socket } = this.#session.channel;
    socket.off('readable', this.#read).off('end', this.#lose).off('close', this.#lose).off('error', this.#lose);
  }
}
