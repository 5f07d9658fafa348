import pg from 'pg';
import type { Person } from './world.ts';

/** How a client's work ended when it did not end well. */
export class Told extends Error {
  /** An SQLSTATE; absent when the connection just ended. */
  readonly sqlState: string | undefined;

  constructor(error: unknown) {
    const { message, code } = error as Error & { code?: string };
    super(message, { cause: error });
    this.sqlState = sqlStateOf(code);
  }
}

/** The server's answer is another than it must be. */
export class Wrong extends Error {}

export function must(what: string, found: unknown, expected: unknown): void {
  const [one, other] = [JSON.stringify(found), JSON.stringify(expected)];
  if (one !== other) throw new Wrong(`${what}: ${one?.slice(0, 200)} instead of ${other?.slice(0, 200)}`);
}

/** A connection of node-postgres through the sidecar, ended with the work. Rejects with Told or Wrong. */
export async function withClient(person: Person, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ host: '127.0.0.1', port: person.port, user: 'any', database: 'sales' });
  let lastWords: unknown;
  client.on('error', (error) => {
    lastWords ??= error;
  });
  try {
    await client.connect();
    await work(client);
  } catch (error) {
    if (error instanceof Wrong || error instanceof Told) throw error;
    throw new Told(sqlStateOf((lastWords as { code?: string })?.code) ? lastWords : error);
  } finally {
    // A connection that is gone already has nothing to say goodbye to.
    await Promise.race([client.end().catch(() => {}), new Promise((resolve) => client.once('end', resolve))]);
  }
}

function sqlStateOf(code: string | undefined): string | undefined {
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) && code !== 'EPIPE' ? code : undefined;
}
