import { UpstreamError, type UpstreamTarget, withDeadline } from '@gprxy/proxy-core';
import { loginToLookUp } from './backend-target.ts';
import type { DatabaseConfig } from './config/databases.ts';
import { type PrivilegedAttribute, readAttributes } from './identity/role-attributes.ts';
import { endSession } from './query-backend.ts';

export interface RoleFacts {
  readonly attributes: readonly PrivilegedAttribute[];
  readonly serverVersion: string;
}

/** Logs in as `role`, with the gateway's own settings, and looks at it. Errors: UpstreamError. */
export function lookUpRole(role: string, database: DatabaseConfig, target: UpstreamTarget): Promise<RoleFacts> {
  // Several clients may wait for this, so that none of them may end it by leaving.
  const { signal: never } = new AbortController();
  const tooSlow = () =>
    new UpstreamError(`looking at the role "${role}" took too long`, { code: 'ERR_UPSTREAM_TIMEOUT' });
  return withDeadline(never, 2 * target.connectTimeoutMs, tooSlow, async (signal) => {
    const session = await loginToLookUp(role, database, target, signal);
    try {
      const attributes = await readAttributes(session, signal);
      return { attributes, serverVersion: session.parameters.get('server_version') ?? 'unknown' };
    } finally {
      await endSession(session, signal).catch(() => {});
    }
  });
}

/** Remembers answers for a while; whoever asks meanwhile waits for the same one. Failures are not remembered. */
export function remember<T>({ now, ttlMs }: { now: () => number; ttlMs: number }) {
  const entries = new Map<string, { until: number; answer: Promise<T> }>();
  return (key: string, ask: () => Promise<T>): Promise<T> => {
    const known = entries.get(key);
    if (known && now() < known.until) return known.answer;
    for (const [other, { until }] of entries) if (until <= now()) entries.delete(other);
    const entry = { until: now() + ttlMs, answer: ask() };
    entries.set(key, entry);
    entry.answer.catch(() => entries.get(key) === entry && entries.delete(key));
    return entry.answer;
  };
}
