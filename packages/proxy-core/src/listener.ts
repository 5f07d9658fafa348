import { once, setMaxListeners } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { shuttingDown, takesNoMore, tooManyClients } from './session/connection-errors.ts';
import { SOCKET_OPTIONS } from './session/dial.ts';
import type { Admission } from './session/session-policy.ts';

/**
 * A connection that the queue has no room for is one that only its client believes in: it is noticed seconds later, when the
 * kernel tries again, or never. 4096 is Linux's own limit (net.core.somaxconn).
 */
const BACKLOG = 4_096;

export type ListenAddress = { readonly host: string; readonly port: number } | { readonly path: string };

export interface ListenOptions {
  readonly address: ListenAddress;
  /** Of a socket that is bound to `address` already, by whoever started us. */
  readonly descriptor?: number | undefined;
  /** Sessions at a time, read whenever one asks to be let in: it may change. Those over it may still cancel, and are told 53300. */
  readonly maxConnections: number;
  /** Sessions that count towards it; left out: those of this listener. */
  countConnections?(): number;
  /** Runs one connection to its end; `signal` aborts, with what to tell the client, when a drain runs out of time. */
  serve(socket: Socket, signal: AbortSignal, admission: Admission): Promise<void>;
}

export interface Listener {
  /** What it is bound to: with the real port when port 0 was asked for, or the path of a Unix socket. */
  readonly address: AddressInfo | string;
  /** Sessions that were let in. */
  readonly connections: number;
  /**
   * Lets no more in, waits for the sessions that are, ends those left after `timeoutMs` (left out: however long it takes), and
   * counts these. Until then the address stays bound, because sessions can still be cancelled; others are told 57P03. A second
   * call with a shorter time overtakes the first.
   */
  drain(timeoutMs?: number): Promise<{ forced: number }>;
  /** Gives the address free at once, for somebody else to bind; sessions go on. */
  release(): void;
}

/** More than this who say nothing, or who have not shown yet who they are, and the one among them who came first has to go. */
const MAX_UNAUTHENTICATED = 1_000;

/** Silent clients shall be gone within 10 s, also from a machine that is busy. */
const SILENCE_MS = 5_000;

/** Binds and starts to accept. Errors: those of bind(2), with their `code`. */
export async function listen(options: ListenOptions): Promise<Listener> {
  const { address, descriptor } = options;
  const listener = new RunningListener(options);
  const place = descriptor === undefined ? address : { fd: descriptor };
  listener.server.listen({ ...place, backlog: BACKLOG });
  await once(listener.server, 'listening');
  // Of accept(2), for want of descriptors or memory: one client is lost, and the others must not be.
  listener.server.on('error', () => {});
  listener.address = listener.server.address() as AddressInfo | string;
  return listener;
}

class RunningListener implements Listener {
  readonly server = createServer({ ...SOCKET_OPTIONS, allowHalfOpen: true }, (socket) => this.#accept(socket));
  address: AddressInfo | string = '';
  readonly #options: ListenOptions;
  readonly #running = new Set<Promise<void>>();
  readonly #silent = new Set<Socket>();
  readonly #authenticating = new Set<Socket>();
  readonly #sessions = new Set<Socket>();
  readonly #ending = new AbortController();
  readonly #waitingForEmpty: Array<() => void> = [];
  #draining = false;

  constructor(options: ListenOptions) {
    this.#options = options;
    // Every connection listens to it for as long as it lasts: many are no leak.
    setMaxListeners(0, this.#ending.signal);
  }

  get connections(): number {
    return this.#sessions.size;
  }

  release(): void {
    this.server.close();
  }

  async drain(timeoutMs?: number): Promise<{ forced: number }> {
    this.#draining = true;
    let forced = 0;
    const cutOff = () => {
      forced = this.#sessions.size;
      this.#ending.abort(shuttingDown());
    };
    const timer = timeoutMs === undefined ? undefined : setTimeout(cutOff, timeoutMs);
    if (this.#sessions.size > 0) await new Promise<void>((resolve) => this.#waitingForEmpty.push(resolve));
    clearTimeout(timer);
    this.server.close();
    // Whoever is still here has not been let in.
    this.#ending.abort(takesNoMore());
    // Those who have begun to speak are sessions, which end themselves.
    for (const socket of this.#silent) if (socket.bytesRead === 0) this.#drop(socket);
    while (this.#running.size > 0) await Promise.all(this.#running);
    return { forced };
  }

  /** A session begins with the first byte: until then a connection costs a socket and its place in a list. */
  #accept(socket: Socket): void {
    this.#addAndDropOldest(socket, this.#silent);
    const drop = () => this.#drop(socket);
    socket.on('error', () => {});
    socket.setTimeout(SILENCE_MS, drop);
    socket.once('close', () => this.#silent.delete(socket));
    socket.once('readable', () => {
      socket.setTimeout(0).off('timeout', drop);
      // Nothing to read is the end: the client has gone.
      if (socket.readableLength === 0) socket.destroy();
      else this.#serve(socket);
    });
  }

  #serve(socket: Socket): void {
    const served = this.#options.serve(socket, this.#ending.signal, this.#admissionOf(socket)).finally(() => {
      this.#silent.delete(socket);
      this.#authenticating.delete(socket);
      this.#running.delete(served);
      if (this.#sessions.delete(socket) && this.#sessions.size === 0) this.#tellEmpty();
    });
    this.#running.add(served);
  }

  #admissionOf(socket: Socket): Admission {
    const check = () => {
      if (this.#draining) throw takesNoMore();
      const { maxConnections, countConnections } = this.#options;
      if ((countConnections?.() ?? this.#sessions.size) >= maxConnections) throw tooManyClients();
    };
    return {
      check: () => {
        if (this.#silent.delete(socket)) this.#addAndDropOldest(socket, this.#authenticating);
        check();
      },
      enter: () => {
        check();
        this.#silent.delete(socket);
        this.#authenticating.delete(socket);
        this.#sessions.add(socket);
      },
    };
  }

  #tellEmpty(): void {
    for (const resolve of this.#waitingForEmpty.splice(0)) resolve();
  }

  /** A client that is alive answers within milliseconds: the oldest is the least likely to be one. */
  #addAndDropOldest(socket: Socket, sockets: Set<Socket>): void {
    const [oldest] = sockets;
    if (oldest && sockets.size >= MAX_UNAUTHENTICATED) {
      this.#drop(oldest);
      sockets.delete(oldest);
    }
    sockets.add(socket);
  }

  /**
   * Who never said a word by a reset: thousands of connections in TIME_WAIT would slow down whoever reads the kernel's table of
   * them. Nobody else: a socket that is being shut down, as a session's or its TLS may be, cannot be reset; libuv refuses, and
   * Node then never closes it.
   */
  #drop(socket: Socket): void {
    if ('path' in this.#options.address || socket.bytesRead > 0) socket.destroy();
    else socket.resetAndDestroy();
  }
}
