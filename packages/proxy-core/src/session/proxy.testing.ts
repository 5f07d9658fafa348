import type { AddressInfo } from 'node:net';
import type { TestPostgres } from '@gprxy/testkit';
import { CancelRegistry } from '../cancel-registry.ts';
import { listen } from '../listener.ts';
import { frontendKey } from '../wire/cancel-key.ts';
import { requireUser } from '../wire/startup-packet.ts';
import type { UpstreamTarget } from './connect-upstream-socket.ts';
import { runSession } from './session.ts';
import type { CancelOutcome, ClientConnection, SessionEnd, SessionPolicy } from './session-policy.ts';
import { loginUpstream } from './upstream-login.ts';

function targetOf(postgres: TestPostgres): UpstreamTarget {
  const tls = { mode: 'verify-full', negotiation: 'postgres', ca: postgres.ca } as const;
  return { host: 'localhost', port: postgres.port, tls, connectTimeoutMs: 5_000 };
}

export function loginAsSuperuser(postgres: TestPostgres, connection: ClientConnection, signal: AbortSignal) {
  const login = {
    target: targetOf(postgres),
    protocolVersion: connection.protocolVersion,
    parameters: connection.startup.parameters,
    credential: { kind: 'password', password: postgres.password },
  } as const;
  return loginUpstream(login, signal);
}

/** The smallest proxy that the session path allows: everybody is the superuser of `postgres`. */
export async function startProxy(postgres: TestPostgres, overrides: Partial<SessionPolicy<string>> = {}) {
  const ends: SessionEnd<string>[] = [];
  const cancelled: CancelOutcome[] = [];
  const policy: SessionPolicy<string> = {
    clientTls: { mode: 'refused' },
    authenticationTimeoutMs: 5_000,
    authenticate: async ({ startup }) => {
      requireUser(startup);
      return postgres.superuser;
    },
    connectUpstream: (_who, connection, signal) => loginAsSuperuser(postgres, connection, signal),
    frontendKeyFor: ({ backendKey }) => backendKey && frontendKey(backendKey.pid, backendKey.secret),
    events: { end: (end) => void ends.push(end), cancel: (outcome) => void cancelled.push(outcome) },
    ...overrides,
  };
  const cancels = new CancelRegistry();
  const listener = await listen({
    address: { host: '127.0.0.1', port: 0 },
    maxConnections: 100,
    serve: (socket, signal, admission) => runSession(socket, policy, cancels, signal, admission),
  });
  const { port } = listener.address as AddressInfo;
  return { listener, port, ends, cancelled };
}
