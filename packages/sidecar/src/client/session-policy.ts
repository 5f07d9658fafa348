import {
  type ClientConnection,
  ConnectionLost,
  type FrontendKey,
  frontendKey,
  GprxyError,
  NotPostgres,
  type SessionEvents,
  type SessionPolicy,
  type UpstreamSession,
} from '@gprxy/proxy-core';
import type { Log } from '../log/log.ts';
import type { Telemetry } from '../telemetry/connection-observer.ts';
import { ConnectionSteps } from '../telemetry/connection-steps.ts';
import { connectUpstream, type UpstreamConnector } from '../upstream/connect-upstream.ts';
import { DeadRoutes } from '../upstream/dead-routes.ts';
import { LostAddresses } from '../upstream/lost-addresses.ts';
import type { AuthenticateClient } from './authenticate-client.ts';

/** Silent clients shall be gone within 10 s, also from a machine that is busy. */
const AUTHENTICATION_TIMEOUT_MS = 8_000;

export interface ListenerPolicy {
  readonly connector: UpstreamConnector;
  readonly authenticateClient: AuthenticateClient;
  readonly log: Log;
  readonly telemetry: Telemetry;
}

/** Of all sessions of the process: addresses and routes are the machine's. */
const lostAddresses = new LostAddresses();
const deadRoutes = new DeadRoutes();

type StepsOf = WeakMap<ClientConnection, ConnectionSteps>;

/** What is the sidecar's own in a session of proxy-core. */
export function createSessionPolicy(listener: ListenerPolicy): SessionPolicy<void> {
  const { connector, telemetry } = listener;
  const profile = connector.profile.name;
  const stepsOf: StepsOf = new WeakMap();
  return {
    // Loopback and Unix sockets only; a client that insists on TLS is closed.
    clientTls: { mode: 'refused' },
    authenticationTimeoutMs: AUTHENTICATION_TIMEOUT_MS,
    authenticate(connection, signal) {
      stepsOf.set(connection, new ConnectionSteps(telemetry.observe({ profile, sessionId: connection.sessionId })));
      return listener.authenticateClient(connection, signal);
    },
    connectUpstream(_, connection, signal) {
      return connectUpstream({ ...connector, steps: stepsOf.get(connection) }, connection, signal);
    },
    frontendKeyFor: upstreamKey,
    events: createEvents(listener, stepsOf),
  };
}

/** The upstream's key goes through unchanged: clients compare its pid with pg_backend_pid(). */
function upstreamKey({ backendKey }: UpstreamSession): FrontendKey | undefined {
  return backendKey && frontendKey(backendKey.pid, backendKey.secret);
}

function createEvents({ connector, log, telemetry }: ListenerPolicy, stepsOf: StepsOf): SessionEvents<void> {
  const { activity } = connector;
  const at = { profile: connector.profile.name };
  const describe = (connection: ClientConnection) =>
    describeConnection(connection, stepsOf.get(connection)?.connectionId);
  return {
    ready: ({ connection, upstream }) => {
      stepsOf.get(connection)?.letIn(upstream.connectionId);
      lostAddresses.watch(upstream.channel.socket);
      deadRoutes.watch(upstream.channel.socket);
      log.info({ ...at, ...describe(connection) }, 'connected');
    },
    end: (end) => {
      const { connection, stage, endedBy, error, bytesFromClient, bytesFromUpstream, durationMs } = end;
      if (connection) stepsOf.get(connection)?.end(end);
      const fields = {
        ...at,
        ...(connection && describe(connection)),
        stage,
        endedBy,
        durationMs: Math.round(durationMs),
      };
      if (error === undefined) return log.info({ ...fields, bytesFromClient, bytesFromUpstream }, 'closed');
      if (error instanceof NotPostgres || error instanceof ConnectionLost) {
        return log.info({ ...fields, ...describeError(error) }, 'closed');
      }
      activity.failed(error);
      log.warn({ ...fields, ...describeError(error) }, stage === 'relay' ? 'ended' : 'refused');
    },
    cancel: ({ target, error }) => {
      const session = target && { session: target.sessionId };
      const outcome =
        error !== undefined ? 'cancel failed' : target ? 'cancel forwarded' : 'cancel without a session ignored';
      telemetry.cancelled(at.profile, error !== undefined ? 'failed' : target ? 'forwarded' : 'ignored');
      log.info({ ...at, ...session, ...(error !== undefined && describeError(error)) }, outcome);
    },
  };
}

function describeConnection({ sessionId, startup }: ClientConnection, connection: string | undefined): object {
  const { parameters } = startup;
  return {
    session: sessionId,
    connection,
    database: parameters.get('database'),
    application: parameters.get('application_name'),
  };
}

/** By name, never the object: what hangs on an error that is not ours is not known to be free of secrets. */
function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { error: String(error) };
  const { message, cause } = error;
  const codes = error instanceof GprxyError ? { code: error.code, sqlState: error.sqlState } : { code: 'ERR_INTERNAL' };
  const reason = reasonOf(cause);
  const because = reason === undefined || reason === message ? {} : { cause: reason };
  return { ...codes, error: message, ...because };
}

/** An AggregateError, as of a name with several addresses, says nothing itself. */
function reasonOf(cause: unknown): string | undefined {
  if (cause instanceof AggregateError) return cause.errors.flatMap((error) => reasonOf(error) ?? []).join('; ');
  if (!(cause instanceof Error)) return undefined;
  return cause.message || (cause as NodeJS.ErrnoException).code;
}
