import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';

export interface Detour extends AsyncDisposable {
  /** For HTTPS_PROXY. */
  readonly url: string;
}

/**
 * A proxy (CONNECT, RFC 9110 section 9.3.6) that leads to one port of 127.0.0.1 whatever host is asked for: the way to a fake of an
 * endpoint whose address a vendor's SDK does not let anybody change.
 */
export async function startDetour(port: number): Promise<Detour> {
  const server = createServer((_, response) => response.writeHead(405).end());
  server.on('connect', (_, client, head) => {
    const target = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      target.write(head);
      target.pipe(client).pipe(target);
    });
    for (const [one, other] of [
      [target, client],
      [client, target],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
