import postgres from 'postgres';
import { nodeTls, type Route } from '../route.ts';

type Settings = postgres.Options<Record<string, postgres.PostgresType>>;

/** Runs `use` with postgres.js on one connection of `route`, and ends it. */
export async function withPostgresJs<Result>(
  { host, port, user, database, ...route }: Route,
  use: (sql: postgres.Sql) => Promise<Result>,
  settings: Settings = {},
): Promise<Result> {
  const ssl = nodeTls({ host, port, user, database, ...route });
  const sql = postgres({ host, port, user, database, ssl, max: 1, onnotice: () => undefined, ...settings });
  try {
    return await use(sql);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** Every field of the server's ErrorResponse; `query` and its likes are added by the client. */
export async function failure(promise: PromiseLike<unknown>): Promise<Record<string, unknown>> {
  try {
    await promise;
    return { message: 'no error' };
  } catch (error) {
    const { message, stack: _, ...fields } = { ...(error as Error), message: (error as Error).message };
    return { message, ...fields };
  }
}
