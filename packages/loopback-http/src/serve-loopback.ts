import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface LoopbackOptions {
  readonly host: string;
  readonly port: number;
  /** What a request may have before its body; browsers send the cookies of every port of the host. */
  readonly maxHeaderBytes: number;
  readonly listener: RequestListener;
  /** Sees each connection before anything is read from it. */
  readonly onConnection?: (socket: Socket) => void;
}

export interface LoopbackServer {
  readonly address: AddressInfo;
  /** Ends what is under way, too. */
  close(): Promise<void>;
}

/** Everything here is small and close by: whoever is slower, or has more, is not who this is for. */
const TIMES = { requestTimeout: 5_000, headersTimeout: 5_000, connectionsCheckingInterval: 1_000 };
const MAX_CONNECTIONS = 64;

/**
 * Serves HTTP at a port that every program of the machine reaches, with limits for all that a stranger can use up. What is not HTTP,
 * or wants to become something else, is closed without a byte. Rejects with the error of bind(2).
 */
export async function serveLoopback(options: LoopbackOptions): Promise<LoopbackServer> {
  const { host, port, maxHeaderBytes, listener, onConnection } = options;
  const server = createServer({ ...TIMES, maxHeaderSize: maxHeaderBytes }, listener);
  server.maxConnections = MAX_CONNECTIONS;
  if (onConnection) server.on('connection', onConnection);
  server.on('clientError', (_, socket) => socket.destroy());
  server.on('upgrade', (_, socket) => socket.destroy());
  // Whoever asks first whether the body is welcome gets the answer of all others.
  server.on('checkContinue', listener);
  server.listen(port, host);
  await once(server, 'listening');
  // Of accept(2), for want of descriptors: whoever asked can ask again.
  server.on('error', () => {});
  return { address: server.address() as AddressInfo, close: () => closeServer(server) };
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
