import pg from 'pg';
import { onTestFinished } from 'vitest';

/** A client that ends with the test, called whatever its OS user is called. */
export async function connectTo(port: number, options: pg.ClientConfig = {}): Promise<pg.Client> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'whoever', database: 'sales', ...options });
  client.on('error', () => {});
  onTestFinished(() => client.end().catch(() => {}));
  await client.connect();
  return client;
}

/** As node-postgres does it: over a connection of its own. */
export function cancelStatementOf(client: pg.Client, port: number): void {
  const { processID, secretKey } = client as unknown as { processID: number; secretKey: number };
  const { connection } = new pg.Client({ host: '127.0.0.1', port }) as unknown as {
    connection: pg.Connection & { cancel(pid: number, key: number): void; connect(port: number, host: string): void };
  };
  connection.on('connect', () => connection.cancel(processID, secretKey));
  connection.connect(port, '127.0.0.1');
}
