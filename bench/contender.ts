import type { BenchServer } from './server.ts';

/** A way to the server: a relay, or none. */
export interface Contender {
  readonly name: string;
  readonly does: string;
  /** Rejects when it cannot run here. */
  start(server: BenchServer): Promise<Endpoint>;
}

export interface Endpoint {
  /** What libpq needs to connect (`PGHOST`, `PGPORT`, ...). */
  readonly environment: Readonly<Record<string, string>>;
  /** The relay's processes. */
  readonly pids: readonly number[];
  stop(): Promise<void>;
}

/** A client that speaks plaintext to a relay on loopback, and has the password if it is asked for one. */
export function plaintextEnvironment({ user, token, postgres }: BenchServer, port: number): Record<string, string> {
  return {
    PGHOST: '127.0.0.1',
    PGPORT: String(port),
    PGUSER: user,
    PGPASSWORD: token,
    PGDATABASE: postgres.database,
    PGSSLMODE: 'disable',
    PGGSSENCMODE: 'disable',
  };
}
