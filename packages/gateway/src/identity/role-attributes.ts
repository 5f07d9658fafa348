import type { UpstreamSession } from '@gprxy/proxy-core';
import { endSession, queryBackend } from '../query-backend.ts';

/** Attributes with which a login is no longer bound to itself. */
export type PrivilegedAttribute = 'SUPERUSER' | 'CREATEROLE' | 'BYPASSRLS' | 'REPLICATION';

const ATTRIBUTES: readonly PrivilegedAttribute[] = ['SUPERUSER', 'CREATEROLE', 'BYPASSRLS', 'REPLICATION'];

// Every name is qualified, the operator too: a role may have set its own search_path (ALTER ROLE ... SET).
const QUERY = `SELECT r.rolsuper, r.rolcreaterole, r.rolbypassrls, r.rolreplication
  FROM pg_catalog.pg_roles AS r WHERE r.rolname OPERATOR(pg_catalog.=) SESSION_USER`;

/** The privileged attributes of the role that `session` is logged in as. Ends the session. */
export async function readAttributes(session: UpstreamSession, signal: AbortSignal): Promise<PrivilegedAttribute[]> {
  try {
    const [row] = await queryBackend(session, QUERY, signal);
    // A role that cannot see itself is nothing to rely on.
    if (row?.length !== ATTRIBUTES.length) throw new Error('the attributes of the role could not be read');
    return ATTRIBUTES.filter((_, index) => row[index] !== 'f');
  } finally {
    await endSession(session, signal).catch(() => session.channel.socket.destroy());
  }
}

/** Remembers attributes for a while; whoever asks meanwhile waits for the same answer. Failures are not remembered. */
export function cacheAttributes({ now, ttlMs }: { now: () => number; ttlMs: number }) {
  const entries = new Map<string, { until: number; attributes: Promise<PrivilegedAttribute[]> }>();
  return (key: string, read: () => Promise<PrivilegedAttribute[]>): Promise<PrivilegedAttribute[]> => {
    const known = entries.get(key);
    if (known && now() < known.until) return known.attributes;
    for (const [other, { until }] of entries) if (until <= now()) entries.delete(other);
    const entry = { until: now() + ttlMs, attributes: read() };
    entries.set(key, entry);
    entry.attributes.catch(() => entries.get(key) === entry && entries.delete(key));
    return entry.attributes;
  };
}
