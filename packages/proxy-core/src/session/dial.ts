import { connect, type Socket } from 'node:net';

/** Of both sides of a session: balancers and VPNs forget a quiet connection in minutes, the kernel asks after two hours. */
export const SOCKET_OPTIONS = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 } as const;
/** For each address of a host but the last: Node's 250 ms can be less than a round trip to the other side of the world. */
const ADDRESS_ATTEMPT_MS = 1_000;

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Opens a byte stream to an address, by whatever way leads there. Nothing has been said over it yet. */
export type Dial = (address: Address, signal: AbortSignal) => Promise<Socket>;

/** The straight way. Rejects with the error of the system, or the reason of `signal`. */
export const dialTcp: Dial = ({ host, port }, signal) =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = connect({
      host,
      port,
      ...SOCKET_OPTIONS,
      allowHalfOpen: true,
      autoSelectFamilyAttemptTimeout: ADDRESS_ATTEMPT_MS,
    });
    const abort = () => fail(signal.reason);
    const settle = () => {
      signal.removeEventListener('abort', abort);
      socket.off('error', fail);
    };
    const fail = (error: Error) => {
      settle();
      socket.on('error', () => {});
      socket.destroy();
      reject(error);
    };
    socket.once('error', fail);
    socket.once('connect', () => {
      settle();
      resolve(socket);
    });
    signal.addEventListener('abort', abort, { once: true });
  });
