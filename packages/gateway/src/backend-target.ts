import {
  loginUpstream,
  PROTOCOL_3_2,
  requireRootCertificate,
  type UpstreamError,
  type UpstreamSession,
  type UpstreamTarget,
} from '@gprxy/proxy-core';
import type { DatabaseConfig } from './config/databases.ts';

/** The server of a database, and the certificate with which the gateway may log in there as any of its people. */
export function backendTarget(database: DatabaseConfig, readFile: (path: string) => string): UpstreamTarget {
  const { upstream, caFile, certFile, keyFile, connectTimeoutMs } = database;
  const { mode, negotiation } = upstream.tls;
  const ca = caFile === undefined ? {} : { ca: requireRootCertificate(`sslrootcert "${caFile}"`, readFile(caFile)) };
  const tls = { mode, negotiation, ...ca, cert: readFile(certFile), key: readFile(keyFile) };
  return { host: upstream.host, port: upstream.port, tls, connectTimeoutMs };
}

export interface BackendLogin {
  readonly target: UpstreamTarget;
  readonly parameters: Iterable<readonly [name: string, value: string]>;
}

/** Always asks for the newest protocol, whatever the client speaks: the keys for cancelling are longer. */
export function loginToBackend({ target, parameters }: BackendLogin, signal: AbortSignal): Promise<UpstreamSession> {
  const credential = { kind: 'certificate' } as const;
  return loginUpstream({ target, parameters, protocolVersion: PROTOCOL_3_2, credential }, signal);
}

/** Over whatever a role has set for itself (ALTER ROLE ... SET). */
const OWN_OPTIONS =
  '-c search_path=pg_catalog -c statement_timeout=5000 -c default_transaction_isolation=read\\ committed';

/** A session of the gateway's own as `role`: for looking up, never for lending. */
export function loginToLookUp(
  role: string,
  database: DatabaseConfig,
  target: UpstreamTarget,
  signal: AbortSignal,
): Promise<UpstreamSession> {
  const parameters = new Map([
    ['user', role],
    ['database', database.upstreamDatabase],
    ['application_name', 'gprxy-gateway'],
    ['options', OWN_OPTIONS],
  ]);
  return loginToBackend({ target, parameters }, signal);
}

/**
 * Whether the server would not have this role in: it said so, or it asked for a password, which is what pg_hba.conf
 * makes of somebody whom no line for the gateway's certificate fits.
 */
export function refusesRole({ code, response }: UpstreamError): boolean {
  return response?.code?.startsWith('28') === true || code === 'ERR_UPSTREAM_AUTHENTICATION';
}
