import type { BenchServer, Login } from './server.ts';

/** A way to the server: a relay, or none. */
export interface Contender {
  readonly name: string;
  readonly does: string;
  /** The client encrypts, so it is not to be compared with those whose clients do not. */
  readonly clientTls?: boolean;
  /** Rejects when it cannot run here. */
  start(server: BenchServer): Promise<Endpoint>;
}

export interface Endpoint {
  /** What libpq needs to connect (`PGHOST`, `PGPORT`, ...). */
  readonly environment: Readonly<Record<string, string>>;
  /** The relay's processes. */
  readonly pids: readonly number[];
  /** Resolves when it is at its best for the next connection; absent: it always is. */
  ready?(): Promise<void>;
  stop(): Promise<void>;
}

export type Environment = Endpoint['environment'];

/** A client that speaks plaintext to a relay on loopback, and has the secret if it is asked for one. */
export function plaintextEnvironment({ database }: BenchServer, port: number, login: Login): Environment {
  return {
    PGHOST: '127.0.0.1',
    PGPORT: String(port),
    PGUSER: login.user,
    PGPASSWORD: login.secret,
    PGDATABASE: database,
    PGSSLMODE: 'disable',
    PGGSSENCMODE: 'disable',
  };
}

/** A client that speaks verified TLS. */
export function tlsEnvironment(server: BenchServer, port: number, login: Login): Environment {
  return {
    ...plaintextEnvironment(server, port, login),
    PGSSLMODE: 'verify-full',
    PGSSLROOTCERT: server.stack.caFile,
  };
}
