import pg from 'pg';
import { nodeTls, type Route } from '../route.ts';

/** node-postgres on `route`. The caller ends it; a connection that breaks is reported by its next query. */
export async function connectPg(route: Route, settings: pg.ClientConfig & { pipeline?: boolean } = {}) {
  const { host, port, user, database } = route;
  const client = new pg.Client({ host, port, user, database, ssl: nodeTls(route), ...settings });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** Connects, runs `use` and ends the connection. */
export async function withPg<Result>(
  route: Route,
  use: (client: pg.Client) => Promise<Result>,
  settings: pg.ClientConfig & { pipeline?: boolean } = {},
): Promise<Result> {
  const client = await connectPg(route, settings);
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

export interface QuerySeen {
  command: string;
  rowCount: number | null;
  fields: unknown[];
  rows: unknown[];
}

export function resultSeen({ command, rowCount, fields, rows }: pg.QueryResult): QuerySeen {
  return { command, rowCount, fields: fields.map((field) => ({ ...field })), rows };
}

/** Every field of an ErrorResponse or NoticeResponse, and its length in bytes. */
export function fieldsOf(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error) && !(error as { message?: unknown })?.message) throw error;
  const { message } = error as Error;
  return { ...(error as object), message };
}

export async function failure(promise: Promise<unknown>): Promise<Record<string, unknown>> {
  return promise.then(
    () => ({ message: 'no error' }),
    (error) => fieldsOf(error),
  );
}

/** The cancel key that the server gave, and what it said of its settings, which the types of node-postgres leave out. */
export function internals(client: pg.Client) {
  return client as unknown as {
    processID: number;
    secretKey: number;
    connection: NodeJS.EventEmitter & { stream: import('node:net').Socket };
    cancel(client: pg.Client, query: unknown): void;
  };
}
