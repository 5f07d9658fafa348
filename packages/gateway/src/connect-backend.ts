import { randomBytes } from 'node:crypto';
import {
  type ClientConnection,
  type FrontendKey,
  frontendKey,
  GprxyError,
  loginUpstream,
  PROTOCOL_3_2,
  SqlState,
  UpstreamError,
  type UpstreamSession,
  type UpstreamTarget,
} from '@gprxy/proxy-core';
import type { DatabaseConfig } from './config/databases.ts';

/** The server of a database, and the certificate with which the gateway may log in there as any of its people. */
export function backendTarget(database: DatabaseConfig, readFile: (path: string) => string): UpstreamTarget {
  const { upstream, caFile, certFile, keyFile, connectTimeoutMs } = database;
  const { mode, negotiation } = upstream.tls;
  const ca = caFile === undefined ? {} : { ca: readFile(caFile) };
  const tls = { mode, negotiation, ...ca, cert: readFile(certFile), key: readFile(keyFile) };
  return { host: upstream.host, port: upstream.port, tls, connectTimeoutMs };
}

export interface BackendConnection {
  readonly target: UpstreamTarget;
  readonly role: string;
  readonly parameters: Iterable<readonly [string, string]>;
  /** Whether this role may be a superuser. */
  readonly allowPrivileged: boolean;
}

/**
 * Logs in to PostgreSQL as `role`. What the server says when it refuses goes to the client as it is, with a hint where
 * the server has none and the reason lies with the gateway.
 */
export async function connectBackend(backend: BackendConnection, signal: AbortSignal): Promise<UpstreamSession> {
  const { target, role, parameters, allowPrivileged } = backend;
  const login = { target, protocolVersion: PROTOCOL_3_2, parameters, credential: { kind: 'certificate' } as const };
  const session = await loginUpstream(login, signal).catch((error: unknown) => {
    throw withHint(error, role);
  });
  if (session.parameters.get('is_superuser') !== 'on' || allowPrivileged) return session;
  session.channel.socket.destroy();
  throw superuserRefused(role);
}

/**
 * The key that a client cancels with: the backend's own pid, because clients compare it with pg_backend_pid(), and a
 * secret of ours, because the backend's would let its holder cancel past the gateway.
 */
export function frontendKeyFor(upstream: UpstreamSession, client: ClientConnection): FrontendKey | undefined {
  if (!upstream.backendKey) return undefined;
  const secretBytes = client.protocolVersion >= PROTOCOL_3_2 ? 32 : 4;
  return frontendKey(upstream.backendKey.pid, randomBytes(secretBytes));
}

function withHint(error: unknown, role: string): unknown {
  const code = error instanceof UpstreamError ? error.response?.code : undefined;
  if (!(error instanceof UpstreamError) || code !== SqlState.InvalidAuthorization) return error;
  return new UpstreamError(error.message, {
    code: 'ERR_BACKEND_REFUSED',
    ...(error.response && { response: error.response }),
    hint: `PostgreSQL does not let the gateway in as "${role}": ask its administrator to run "gprxy-gateway provision".`,
    cause: error,
  });
}

function superuserRefused(role: string): GprxyError {
  return new GprxyError(`role "${role}" is a superuser, which nobody may be through the gateway`, {
    code: 'ERR_PRIVILEGED_ROLE',
    sqlState: SqlState.InvalidAuthorization,
    hint: 'Ask the administrator for an ordinary role, or to name this one in "allow_privileged_logins".',
  });
}
