import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { RoundTrips } from './round-trips.ts';
import { SlowDirection } from './slow-direction.ts';

export interface DistantPort extends AsyncDisposable {
  /** Of 127.0.0.1. */
  readonly port: number;
  /** Of each connection so far, in their order: how often its client has waited for the other end. */
  readonly roundTrips: readonly number[];
  stop(): Promise<void>;
}

/**
 * A port of 127.0.0.1 as if it were far away: whatever goes through takes half of `roundTripMs` in each direction, and opening a
 * connection takes one round trip, which the client's first bytes wait for. For protocols in which the client speaks first.
 */
export async function startDistantPort(to: { port: number; roundTripMs: number }): Promise<DistantPort> {
  const counts: RoundTrips[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const count = new RoundTrips();
    counts.push(count);
    const far = connect({ port: to.port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    join(client, far, to.roundTripMs, count);
    for (const socket of [client, far]) {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  };
  return {
    port: (server.address() as AddressInfo).port,
    get roundTrips() {
      return counts.map(({ count }) => count);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function join(client: Socket, far: Socket, roundTripMs: number, count: RoundTrips): void {
  const openedAt = performance.now() + roundTripMs;
  const there = new SlowDirection(roundTripMs / 2, openedAt);
  const back = new SlowDirection(roundTripMs / 2);
  const drop = () => {
    client.destroy();
    far.destroy();
  };
  client.on('error', drop).on('data', (chunk) => {
    count.clientSent();
    there.deliver(() => far.write(chunk));
  });
  far.on('error', drop).on('data', (chunk) => {
    back.deliver(() => {
      count.clientGot();
      client.write(chunk);
    });
  });
  client.once('end', () => there.deliver(() => far.end()));
  far.once('end', () => back.deliver(() => client.end()));
}
