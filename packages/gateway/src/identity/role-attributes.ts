import type { UpstreamSession } from '@gprxy/proxy-core';
import { queryBackend } from '../query-backend.ts';

/** Attributes with which a login is no longer bound to itself. */
export type PrivilegedAttribute = 'SUPERUSER' | 'CREATEROLE' | 'BYPASSRLS' | 'REPLICATION';

const ATTRIBUTES: readonly PrivilegedAttribute[] = ['SUPERUSER', 'CREATEROLE', 'BYPASSRLS', 'REPLICATION'];

// Every name is qualified, the operator too: a role may have set its own search_path (ALTER ROLE ... SET).
const QUERY = `SELECT r.rolsuper, r.rolcreaterole, r.rolbypassrls, r.rolreplication
  FROM pg_catalog.pg_roles AS r WHERE r.rolname OPERATOR(pg_catalog.=) SESSION_USER`;

/** The privileged attributes of the role that `session` is logged in as. */
export async function readAttributes(session: UpstreamSession, signal: AbortSignal): Promise<PrivilegedAttribute[]> {
  const [row] = await queryBackend(session, QUERY, signal);
  // A role that cannot see itself is nothing to rely on.
  if (row?.length !== ATTRIBUTES.length) throw new Error('the attributes of the role could not be read');
  return ATTRIBUTES.filter((_, index) => row[index] !== 'f');
}
