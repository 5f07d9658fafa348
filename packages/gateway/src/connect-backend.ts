import { randomBytes } from 'node:crypto';
import {
  type ClientConnection,
  type FrontendKey,
  frontendKey,
  GprxyError,
  PROTOCOL_3_2,
  SqlState,
  UpstreamError,
  type UpstreamSession,
  type UpstreamTarget,
} from '@gprxy/proxy-core';
import { loginToBackend, refusesRole } from './backend-target.ts';
import type { Who } from './identify-client.ts';
import { type LoginDenied, notAllowed } from './login-denied.ts';
import { lookUpRole, type RoleFacts, remember } from './look-up-role.ts';

export interface Backend {
  readonly target: UpstreamTarget;
  readonly parameters: Iterable<readonly [name: string, value: string]>;
  /** The name that the client gave, for messages. */
  readonly user: string;
}

/** How long a role is believed to be what it was: one more login a minute and role is the price of knowing. */
const FACTS_TTL_MS = 60_000;

/**
 * Logs in to PostgreSQL as the person's own role. The role is looked at first, over a session without anything of the
 * client's in it: one that could make itself somebody else is refused, and so is one that cannot be looked at.
 */
export function createBackendConnector(allowPrivilegedLogins: ReadonlySet<string>, now: () => number) {
  const factsOf = remember<RoleFacts>({ now, ttlMs: FACTS_TTL_MS });

  return async ({ role, database }: Who, backend: Backend, signal: AbortSignal): Promise<UpstreamSession> => {
    const { target, parameters, user } = backend;
    const login = { user, database: database.name };
    const isExempt = allowPrivilegedLogins.has(role);
    if (!isExempt) {
      const lookUp = () => lookUpRole(role, database, target);
      const { attributes } = await factsOf(`${database.name}\0${role}`, lookUp).catch((error: unknown) => {
        throw toClientError(error, login, isDenied);
      });
      if (attributes.length > 0) throw privileged(role, attributes.join(', '), login);
    }
    const session = await loginToBackend({ target, parameters }, signal).catch((error: unknown) => {
      throw toClientError(error, login, refusesRole);
    });
    if (isExempt || session.parameters.get('is_superuser') !== 'on') return session;
    session.channel.socket.destroy();
    throw privileged(role, 'SUPERUSER', login);
  };
}

/** Without anything of the client's in the login, "permission denied" is about the database. */
function isDenied(error: UpstreamError): boolean {
  return refusesRole(error) || error.response?.code === SqlState.InsufficientPrivilege;
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

interface LoginNames {
  readonly user: string;
  readonly database: string;
}

function privileged(role: string, attributes: string, login: LoginNames): LoginDenied {
  const message = `the role "${role}" is ${attributes}, and not in allow_privileged_logins`;
  return notAllowed('role_privileged', message, login);
}

/** What the server says of who may log in is for the log; what it says of its own state is for the client too. */
function toClientError(error: unknown, login: LoginNames, refuses: (error: UpstreamError) => boolean): unknown {
  if (!(error instanceof UpstreamError)) return error;
  if (refuses(error)) return notAllowed('backend_refused', error.message, login, error);
  return error.response ? error : unreachable(error, login.database);
}

/** Where a database is, is nothing that its users need to know. */
function unreachable(error: UpstreamError, database: string): GprxyError {
  return new GprxyError(error.message, {
    code: error.code,
    sqlState: SqlState.CannotConnectNow,
    clientMessage: `the gateway cannot connect to database "${database}" now`,
    hint: "Try again in a moment; the gateway's log says more.",
    cause: error,
  });
}
