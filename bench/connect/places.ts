import { type DistantPort, startDistantPort } from '@gprxy/testkit';
import type { Contender, Endpoint } from '../contender.ts';
import type { BenchServer } from '../server.ts';

/** Where the server is, as the client's machine sees it. */
export interface Place extends AsyncDisposable {
  readonly name: string;
  /** The server as somebody on the client's machine reaches it. */
  readonly server: BenchServer;
  /** An endpoint that runs next to the server, as somebody on the client's machine reaches it. */
  reach(endpoint: Endpoint): Promise<Endpoint>;
}

export function here(server: BenchServer): Place {
  return { name: 'loopback', server, reach: async (endpoint) => endpoint, [Symbol.asyncDispose]: async () => {} };
}

/** Everything next to the server is a round trip of so many ms away. */
export async function farAway(server: BenchServer, roundTripMs: number): Promise<Place> {
  const { stack } = server;
  const opened: DistantPort[] = [];
  const distant = async (port: number) => {
    const line = await startDistantPort({ port, roundTripMs });
    opened.push(line);
    return line.port;
  };
  // The same objects but for the port: who stands here is told to go there.
  const postgres = Object.create(stack.postgres, { port: { value: await distant(stack.postgres.port) } });
  const gateway = { ...stack.gateway, port: await distant(stack.gateway.port) };
  return {
    name: `${roundTripMs} ms away`,
    server: { ...server, stack: { ...stack, postgres, gateway } },
    async reach(endpoint) {
      const port = String(await distant(Number(endpoint.environment.PGPORT)));
      return { ...endpoint, environment: { ...endpoint.environment, PGPORT: port } };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(opened.map((line) => line.stop()));
    },
  };
}

/** `side`: whether the contender runs on the client's machine, or next to the server. */
export async function startAt(
  place: Place,
  { contender, side }: { contender: Contender; side: 'client' | 'server' },
  near: BenchServer,
): Promise<Endpoint> {
  return side === 'client' ? contender.start(place.server) : place.reach(await contender.start(near));
}
