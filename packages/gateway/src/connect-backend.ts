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
import { loginToBackend, loginToLookUp, refusesRole } from './backend-target.ts';
import type { Who } from './identify-client.ts';
import { cacheAttributes, readAttributes } from './identity/role-attributes.ts';
import { notAllowed } from './login-denied.ts';

export interface Backend {
  readonly target: UpstreamTarget;
  readonly parameters: Iterable<readonly [name: string, value: string]>;
  /** The name that the client gave, for messages. */
  readonly user: string;
}

/** How long a role is believed to be what it was: one more login a minute and role is the price of knowing. */
const ATTRIBUTES_TTL_MS = 60_000;

/**
 * Logs in to PostgreSQL as the person's own role. The role is looked at first, over a session without anything of the
 * client's in it: one that could make itself somebody else is refused, and so is one that cannot be looked at.
 */
export function createBackendConnector(allowPrivilegedLogins: ReadonlySet<string>, now: () => number) {
  const attributesOf = cacheAttributes({ now, ttlMs: ATTRIBUTES_TTL_MS });

  async function requireHarmless({ role, database }: Who, target: UpstreamTarget, signal: AbortSignal) {
    if (allowPrivilegedLogins.has(role)) return;
    const attributes = await attributesOf(`${database.name}\0${role}`, async () =>
      readAttributes(await loginToLookUp(role, database, target, signal), signal),
    );
    if (attributes.length > 0) throw new PrivilegedRole(role, attributes.join(', '));
  }

  return async (who: Who, { target, parameters, user }: Backend, signal: AbortSignal): Promise<UpstreamSession> => {
    try {
      await requireHarmless(who, target, signal);
      const session = await loginToBackend({ target, parameters }, signal);
      if (session.parameters.get('is_superuser') !== 'on' || allowPrivilegedLogins.has(who.role)) return session;
      session.channel.socket.destroy();
      throw new PrivilegedRole(who.role, 'SUPERUSER');
    } catch (error) {
      throw toClientError(error, { user, database: who.database.name });
    }
  };
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

class PrivilegedRole extends Error {
  constructor(role: string, attributes: string) {
    super(`the role "${role}" is ${attributes}, and not in allow_privileged_logins`);
  }
}

/** What the server says of who may log in is for the log; what it says of its own state is for the client too. */
function toClientError(error: unknown, login: { user: string; database: string }): unknown {
  if (error instanceof PrivilegedRole) return notAllowed('role_privileged', error.message, login);
  if (!(error instanceof UpstreamError)) return error;
  if (refusesRole(error)) return notAllowed('backend_refused', error.message, login, error);
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
