import { bob, type Stack } from '@gprxy/testkit';
import type pg from 'pg';
import { connect } from '../gateway.testing.ts';

export const SECRET = 'what only bob says';

/** Somebody else's session, in the middle of a statement. */
export interface Victim {
  readonly pid: number;
  /** All that the server says of it; the same as long as nobody touches it. */
  readonly atFirst: object;
  now(): Promise<object | undefined>;
  /** Lets the statement end; resolves with its row. */
  finish(): Promise<Record<string, unknown>>;
}

const LOCK = 5432;
const SEEN = `SELECT pid, usename, datname, application_name, state, query, backend_start, xact_start, query_start,
  state_change, wait_event FROM pg_stat_activity WHERE pid = $1`;

/** Bob, who waits for a lock that the superuser holds. */
export async function startVictim(stack: Stack): Promise<Victim> {
  const { postgres, provider } = stack;
  const holder = await postgres.connect();
  await holder.query('SELECT pg_advisory_lock($1)', [LOCK]);
  const victim = await connect(stack, { user: bob.email, password: await provider.signToken({ sub: bob.login }) });
  const pid: number = (await victim.query('SELECT pg_backend_pid() AS pid')).rows[0].pid;
  await victim.query(`CREATE TEMP TABLE kept AS SELECT '${SECRET}' AS secret; PREPARE kept AS SELECT '${SECRET}'`);
  const waiting = victim.query(`SELECT session_user::text, current_user::text, secret, '${SECRET}' AS said
    FROM kept, pg_advisory_lock(${LOCK})`);
  waiting.catch(() => undefined);
  const now = async () => (await postgres.query(SEEN, [pid]))[0];
  return { pid, atFirst: await untilWaiting(now), now, finish: () => finish(holder, victim, waiting) };
}

async function untilWaiting(now: () => Promise<Record<string, unknown> | undefined>): Promise<object> {
  for (;;) {
    const seen = await now();
    if (seen?.wait_event === 'advisory') return seen;
  }
}

async function finish(holder: pg.Client, victim: pg.Client, waiting: Promise<pg.QueryResult>) {
  await holder.end();
  const { rows } = await waiting;
  await victim.end();
  return rows[0];
}
