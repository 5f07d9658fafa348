import type pg from 'pg';
import { USERS_GROUP } from '../identity/privileged-logins.ts';
import { CHANGED, type ProvisionPlan, provisionSql } from './provision-sql.ts';

export interface Provisioned {
  /** Empty when everything was in place. */
  readonly changes: readonly string[];
  /** The server's, and ours. */
  readonly warnings: readonly string[];
  /** server_version_num / 10000. */
  readonly serverVersion: number;
  /** All members of the group, those of earlier runs too. */
  readonly members: readonly string[];
}

interface Notice {
  readonly code?: string | undefined;
  readonly message?: string | undefined;
}

/** Carries out the plan, whole or not at all. Errors: pg.DatabaseError. */
export async function applyProvision(client: pg.Client, plan: ProvisionPlan): Promise<Provisioned> {
  const changes: string[] = [];
  const warnings: string[] = [];
  const note = ({ code = '', message = '' }: Notice) => {
    if (code === CHANGED) changes.push(message);
    // Class 01 is warnings; the word for it is in the server's language.
    if (code.startsWith('01')) warnings.push(message);
  };
  client.on('notice', note);
  try {
    for (const statement of provisionSql(plan)) await client.query(statement);
    const { rows } = await client.query<{ version: number; members: string[] }>(STATE, [USERS_GROUP]);
    const [{ version, members } = { version: 0, members: [] }] = rows;
    return { changes, warnings, serverVersion: version, members };
  } finally {
    client.off('notice', note);
  }
}

const STATE = `SELECT pg_catalog.current_setting('server_version_num')::int / 10000 AS version,
  ARRAY(SELECT DISTINCT m.rolname::text FROM pg_catalog.pg_auth_members AS a
    JOIN pg_catalog.pg_roles AS g ON g.oid = a.roleid JOIN pg_catalog.pg_roles AS m ON m.oid = a.member
    WHERE g.rolname = $1 ORDER BY 1) AS members`;
