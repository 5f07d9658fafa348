import {
  type CancelOutcome,
  type ClientConnection,
  ConnectionLost,
  GprxyError,
  NotPostgres,
  type Peer,
  type SessionEnd,
  type SessionEvents,
  SqlState,
  type UpstreamSession,
} from '@gprxy/proxy-core';
import type { Who } from '../identify-client.ts';
import type { Log } from '../log.ts';
import { LoginDenied, type LoginOwner } from '../login-denied.ts';
import type { AuditLog } from './audit-log.ts';
import type { AuditRecord } from './audit-record.ts';

export interface SessionAuditOptions {
  readonly audit: AuditLog;
  readonly log: Log;
  readonly now: () => number;
}

type Known = Partial<AuditRecord>;

/**
 * What happens in sessions, as records: a login and its end, or a denial, and each cancel. Connections that never said
 * who they wanted to be (scanners, health checks, psql asking whether a password is needed) are for the log alone.
 */
export function auditSessions({ audit, log, now }: SessionAuditOptions): SessionEvents<Who> {
  const running = new Map<string, Known>();
  const write = (event: AuditRecord['event'], known: Known) =>
    audit.write({ time: new Date(now()).toISOString(), event, ...known });
  // Nothing is left to deny: the failure is in the log and in readiness.
  const writeLate = (event: AuditRecord['event'], known: Known) => void write(event, known).catch(() => {});

  return {
    async ready({ connection, who, upstream }) {
      const known = { ...describeConnection(connection), ...describeWho(who), ...describeBackend(upstream) };
      const token_expires = new Date(who.expiresAt).toISOString();
      await write('login', { ...known, rule: who.rule, token_expires }).catch((cause: unknown) => {
        throw auditFailed(cause);
      });
      running.set(connection.sessionId, known);
      log.info(known, 'login');
    },
    end(end) {
      const known = running.get(end.connection?.sessionId ?? '');
      if (known) {
        running.delete(known.session ?? '');
        return writeLate('end', { ...known, ...describeEnd(end) });
      }
      const record = { ...describePeer(end.peer), ...describeDenied(end) };
      if (isDenial(end)) writeLate('denial', record);
      log[isDenial(end) ? 'warn' : 'debug'](withCause(record, end.error), 'no login');
    },
    cancel(outcome) {
      const session = running.get(outcome.target?.sessionId ?? '') ?? {};
      writeLate('cancel', { ...session, ...describePeer(outcome.peer), ...describeCancel(outcome) });
    },
  };
}

/** Somebody asked to come in and was told no, or had proved who he is and left before he was in. */
function isDenial({ stage, error, connection, who }: SessionEnd<Who>): boolean {
  if (error instanceof ConnectionLost) return who !== undefined;
  if (error === undefined || error instanceof NotPostgres) return false;
  return connection !== undefined || stage !== 'startup' || error instanceof GprxyError;
}

function describePeer({ address, port }: Peer): Known {
  return { client_address: address, client_port: port };
}

function describeConnection({ sessionId, connectionId, startup, peer }: ClientConnection): Known {
  const { parameters } = startup;
  return {
    session: sessionId,
    connection: connectionId,
    user: parameters.get('user'),
    database: parameters.get('database') ?? parameters.get('user'),
    application: parameters.get('application_name'),
    ...describePeer(peer),
  };
}

function describeWho({ person, role }: Who): Known {
  return { issuer: person.issuer, subject: person.subject, email: person.email, role };
}

/** Field by field: what is handed over as an owner may be a whole person, with every claim of the token. */
function describeOwner({ issuer, subject, email, role }: Partial<LoginOwner> = {}): Known {
  return { issuer, subject, email, role };
}

function describeBackend({ backendKey }: UpstreamSession): Known {
  return { backend_pid: backendKey?.pid };
}

function describeDenied({ connection, who, error, durationMs }: SessionEnd<Who>): Known {
  return {
    ...(connection && describeConnection(connection)),
    ...(error instanceof LoginDenied ? describeOwner(error.owner) : {}),
    ...(who && describeWho(who)),
    duration_ms: Math.round(durationMs),
    ...describeError(error),
  };
}

function describeEnd(end: SessionEnd<Who>): Known {
  return {
    duration_ms: Math.round(end.durationMs),
    bytes_from_client: end.bytesFromClient,
    bytes_from_server: end.bytesFromUpstream,
    ended_by: end.endedBy,
    ...describeError(end.error),
  };
}

function describeCancel({ target, error }: CancelOutcome): Known {
  if (!target) return { reason: 'unknown_key' };
  return { session: target.sessionId, backend_pid: target.backendKey?.pid, ...describeError(error) };
}

function describeError(error: unknown): Known {
  if (error === undefined) return {};
  if (error instanceof LoginDenied) return { reason: error.reason, message: error.message, sqlstate: error.sqlState };
  if (!(error instanceof GprxyError)) return { reason: 'internal_error' };
  const reason = error.code.replace(/^ERR_/, '').toLowerCase();
  return { reason: REASONS[reason] ?? reason, message: error.message, sqlstate: error.sqlState };
}

const REASONS: Readonly<Record<string, string>> = { tls_required: 'plaintext' };

/** Errors that are not ours are told to nobody but the log. */
function withCause(known: Known, error: unknown) {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : undefined;
  const unexpected = error instanceof Error && !(error instanceof GprxyError) ? error.stack : undefined;
  return { ...known, cause, unexpected };
}

function auditFailed(cause: unknown): LoginDenied {
  return new LoginDenied('audit_failed', 'the audit record of a login could not be written', {
    sqlState: SqlState.CannotConnectNow,
    clientMessage: 'the gateway cannot record logins now, and lets nobody in unrecorded',
    hint: "Tell the gateway's administrator.",
    cause,
  });
}
