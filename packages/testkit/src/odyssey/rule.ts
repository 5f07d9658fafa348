import type { TestPostgres } from '../postgres/test-postgres.ts';

/** One route of Odyssey's configuration, under the names of its documentation (docs/configuration/rules.md, listen.md). */
export interface OdysseyRule {
  readonly pool: 'session' | 'transaction';
  readonly authentication: 'clear_text' | 'md5' | 'scram-sha-256' | 'cert' | 'none' | 'block';
  /** The only user that a route is for; of every database. */
  readonly user: string;
  /** What it has to show, and what Odyssey shows to PostgreSQL, as a password in clear. */
  readonly password: string;
  /** Server connections at the same time; clients wait for one. */
  readonly poolSize?: number;
  /** Clients at the same time. */
  readonly clientMax?: number;
  /** Until a connection has said who it is; 15 s as there. */
  readonly clientLoginTimeoutMs?: number;
}

/** What every part of the model has at hand. */
export interface Route {
  readonly rule: OdysseyRule;
  readonly postgres: TestPostgres;
}
