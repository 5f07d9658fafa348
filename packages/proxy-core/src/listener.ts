import { once, setMaxListeners } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { shuttingDown } from './session/connection-errors.ts';
import { SOCKET_OPTIONS } from './session/dial.ts';
import type { Admission } from './session/session-policy.ts';

export type ListenAddress = { readonly host: string; readonly port: number } | { readonly path: string };

export interface ListenOptions {
  readonly address: ListenAddress;
  /** Connections over it are let in far enough to cancel, or to be told 53300; over twice as many they are closed. */
  readonly maxConnections: number;
  /** Runs one connection to its end; `signal` aborts, with what to tell the client, when a drain runs out of time. */
  serve(socket: Socket, signal: AbortSignal, admission: Admission): Promise<void>;
}

export interface Listener {
  /** What it is bound to: with the real port when port 0 was asked for, or the path of a Unix socket. */
  readonly address: AddressInfo | string;
  readonly connections: number;
  /** Accepts no more, waits for the running connections, ends those left after `timeoutMs`, and counts these. */
  drain(timeoutMs: number): Promise<{ forced: number }>;
}

/** Binds and starts to accept. Errors: those of bind(2), with their `code`. */
export async function listen({ address, maxConnections, serve }: ListenOptions): Promise<Listener> {
  const running = new Set<Promise<void>>();
  const ending = new AbortController();
  // Every connection listens to it for as long as it lasts: many are no leak.
  setMaxListeners(0, ending.signal);
  const server = createServer({ ...SOCKET_OPTIONS, allowHalfOpen: true }, (socket) => {
    if (running.size >= 2 * maxConnections) return void socket.destroy();
    const session = serve(socket, ending.signal, { overLimit: running.size >= maxConnections });
    running.add(session);
    session.finally(() => running.delete(session));
  });
  server.listen('path' in address ? { path: address.path } : { host: address.host, port: address.port });
  await once(server, 'listening');

  return {
    address: server.address() as AddressInfo | string,
    get connections() {
      return running.size;
    },
    async drain(timeoutMs) {
      server.close();
      let forced = 0;
      const timer = setTimeout(() => {
        forced = running.size;
        ending.abort(shuttingDown());
      }, timeoutMs);
      while (running.size > 0) await Promise.all(running);
      clearTimeout(timer);
      return { forced };
    },
  };
}
