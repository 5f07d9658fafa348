import { connectUpstreamSocket, type UpstreamTarget } from '@gprxy/proxy-core';
import type { AuditLog } from '../audit/audit-log.ts';
import type { KeysState } from '../jwks/issuer-keys.ts';

export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly message?: string;
}

export interface ReadinessOptions {
  readonly keyStates: () => readonly KeysState[];
  readonly databases: ReadonlyMap<string, UpstreamTarget>;
  /** Absent where a failing audit log keeps nobody out. */
  readonly audit?: Pick<AuditLog, 'lastError'> | undefined;
  readonly now: () => number;
}

/** Probes come every few seconds, from several places; a server is asked once in this time. */
const DATABASE_TTL_MS = 5_000;

/** Whether people could log in now: the keys of every issuer are there, every server answers over verified TLS. */
export function createReadiness({ keyStates, databases, audit, now }: ReadinessOptions): () => Promise<Check[]> {
  const known = new Map<string, { until: number; check: Promise<Check> }>();
  const databaseCheck = (name: string, target: UpstreamTarget): Promise<Check> => {
    const cached = known.get(name);
    if (cached && now() < cached.until) return cached.check;
    const check = checkDatabase(name, target);
    known.set(name, { until: now() + DATABASE_TTL_MS, check });
    return check;
  };
  return async () => [
    ...keyStates().map(checkKeys),
    ...(audit ? [{ name: 'audit', ok: audit.lastError === undefined, ...said(audit.lastError) }] : []),
    ...(await Promise.all(Array.from(databases, ([name, target]) => databaseCheck(name, target)))),
  ];
}

function checkKeys({ issuer, keys, lastError }: KeysState): Check {
  return { name: `keys of ${issuer}`, ok: keys > 0, ...(keys > 0 ? {} : said(lastError ?? 'it publishes none')) };
}

/** As far as the TLS handshake. A login would need somebody to log in as, and show up in the server's log each time. */
async function checkDatabase(database: string, target: UpstreamTarget): Promise<Check> {
  const name = `database ${database}`;
  try {
    const socket = await connectUpstreamSocket(target, AbortSignal.timeout(target.connectTimeoutMs));
    socket.on('error', () => {});
    socket.destroy();
    return { name, ok: true };
  } catch (error) {
    return { name, ok: false, ...said(error instanceof Error ? error.message : String(error)) };
  }
}

const said = (message: string | undefined) => (message === undefined ? {} : { message });
