import { connectUpstreamSocket, type UpstreamTarget } from '@gprxy/proxy-core';
import type { AuditLog } from '../audit/audit-log.ts';
import type { KeysState } from '../jwks/issuer-keys.ts';

export interface Check {
  readonly kind: 'keys' | 'database' | 'audit';
  /** The issuer, or the database; none for the audit log. */
  readonly name?: string;
  readonly ok: boolean;
  readonly message?: string;
}

export interface Readiness {
  readonly ready: boolean;
  readonly checks: readonly Check[];
}

export interface ReadinessOptions {
  readonly keyStates: () => readonly KeysState[];
  readonly databases: ReadonlyMap<string, UpstreamTarget>;
  /** Absent where a failing audit log keeps nobody out. */
  readonly audit?: Pick<AuditLog, 'lastError'> | undefined;
  readonly now: () => number;
  /** Rejects when a server is out of reach. Default: TCP and TLS. */
  readonly reach?: (target: UpstreamTarget, signal: AbortSignal) => Promise<void>;
}

/** Probes come every few seconds, from several places; a server is asked once in this time. */
const DATABASE_TTL_MS = 5_000;
/** Whoever probes does not wait for long. */
const MAX_CHECK_MS = 2_000;

/**
 * Whether anybody could log in now. One issuer or one database of several that is down is shown but does not count: to
 * take the gateway out for it would lock out the people of all the others.
 */
export function createReadiness(options: ReadinessOptions): () => Promise<Readiness> {
  const { keyStates, databases, audit } = options;
  const databaseCheck = createDatabaseChecks(options);
  return async () => {
    const keys = keyStates().map(checkKeys);
    const reachable = await Promise.all(Array.from(databases, ([name, target]) => databaseCheck(name, target)));
    const recorded = audit ? [checkAudit(audit)] : [];
    const ready = [keys, reachable, recorded].every((kind) => kind.length === 0 || kind.some(({ ok }) => ok));
    return { ready, checks: [...keys, ...reachable, ...recorded] };
  };
}

function checkKeys({ issuer: name, keys, lastError }: KeysState): Check {
  return keys > 0 ? { kind: 'keys', name, ok: true } : failed('keys', name, lastError ?? 'it publishes none');
}

function checkAudit({ lastError }: Pick<AuditLog, 'lastError'>): Check {
  return { kind: 'audit', ok: lastError === undefined, ...(lastError !== undefined && { message: lastError }) };
}

/** Whoever asks while a check is under way, or soon after, gets its answer. */
function createDatabaseChecks({ now, reach = reachServer }: ReadinessOptions) {
  const known = new Map<string, { until: number; check: Promise<Check> }>();
  return (name: string, target: UpstreamTarget): Promise<Check> => {
    const cached = known.get(name);
    if (cached && now() < cached.until) return cached.check;
    const signal = AbortSignal.timeout(Math.min(target.connectTimeoutMs, MAX_CHECK_MS));
    const check = reach(target, signal).then(
      (): Check => ({ kind: 'database', name, ok: true }),
      (error: unknown) => failed('database', name, error instanceof Error ? error.message : String(error)),
    );
    known.set(name, { until: now() + DATABASE_TTL_MS, check });
    return check;
  };
}

/** As far as the TLS handshake. A login would need somebody to log in as, and show up in the server's log each time. */
async function reachServer(target: UpstreamTarget, signal: AbortSignal): Promise<void> {
  const socket = await connectUpstreamSocket(target, signal);
  socket.on('error', () => {});
  socket.destroy();
}

function failed(kind: Check['kind'], name: string, message: string): Check {
  return { kind, name, ok: false, message };
}
