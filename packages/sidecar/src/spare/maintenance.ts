/** From where databases are made and dropped: `createdb` and `dropdb`, and the test runners of most frameworks, connect here. */
const MAINTENANCE = new Set(['postgres', 'template0', 'template1']);

/** What the server will take for the database: that of the user's name where none is given. */
export function databaseOf(parameters: Iterable<readonly [string, string]>): string {
  const given = new Map(parameters);
  return given.get('database') || (given.get('user') ?? '');
}

export function isForMaintenance(database: string): boolean {
  return MAINTENANCE.has(database);
}

/**
 * Whether an idle session would be in nobody's way there: at a template it blocks CREATE DATABASE, and one for replication
 * takes one of few places.
 */
export function mayHaveSpare(parameters: Iterable<readonly [string, string]>): boolean {
  const names = Array.from(parameters, ([name]) => name.toLowerCase());
  return !/^template[01]$/.test(databaseOf(parameters)) && !names.includes('replication');
}
