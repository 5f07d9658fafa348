import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import {
  CancelRegistry,
  type ClientTls,
  encodeOAuthBearerChallenge,
  type Listener,
  listen,
  requireUser,
  runSession,
  type SessionEvents,
  type SessionPolicy,
  type UpstreamTarget,
} from '@gprxy/proxy-core';
import { authenticateClient, chooseMethod } from './authenticate-client.ts';
import { backendTarget } from './backend-target.ts';
import type { GatewayConfig } from './config.ts';
import { createBackendConnector, frontendKeyFor } from './connect-backend.ts';
import { identifyClient, type Who } from './identify-client.ts';
import { discoveryUrl } from './jwks/fetch-keys.ts';
import { backendParameters, clientSettings } from './startup-parameters.ts';
import type { VerifyToken } from './verify-token.ts';

export interface GatewayDependencies {
  readonly verifyToken: VerifyToken;
  readonly now: () => number;
  readonly events: SessionEvents<Who>;
}

export interface Gateway {
  readonly listeners: readonly Listener[];
  /** Accepts no more, lets sessions finish up to `drain_timeout`, then ends them with 57P01. */
  close(): Promise<{ forced: number }>;
}

/** Binds every address of the file and serves. Errors: those of bind(2) and of unreadable certificates. */
export async function startGateway(config: GatewayConfig, dependencies: GatewayDependencies): Promise<Gateway> {
  const policy = createSessionPolicy(config, dependencies);
  const cancels = new CancelRegistry();
  const listeners: Listener[] = [];
  for (const address of config.listen) {
    const listener = await listen({
      address,
      maxConnections: config.maxConnections,
      serve: (socket, signal, admission) => runSession(socket, policy, cancels, signal, admission),
    }).catch(async (error: unknown) => {
      await Promise.all(listeners.map((bound) => bound.drain(0)));
      throw error;
    });
    listeners.push(listener);
  }
  return {
    listeners,
    async close() {
      const drained = await Promise.all(listeners.map((listener) => listener.drain(config.drainTimeoutMs)));
      return { forced: drained.reduce((sum, { forced }) => sum + forced, 0) };
    },
  };
}

/** What the gateway does at each step of a session; the steps themselves are proxy-core's. */
function createSessionPolicy(
  config: GatewayConfig,
  { verifyToken, now, events }: GatewayDependencies,
): SessionPolicy<Who> {
  const read = (path: string) => readFileSync(path, 'utf8');
  const targets = new Map<string, UpstreamTarget>();
  for (const [name, database] of config.databases) targets.set(name, backendTarget(database, read));
  const challenge = challengeFor(config);
  const connectBackend = createBackendConnector(config.allowPrivilegedLogins, now);
  return {
    clientTls: clientTls(config, read),
    authenticationTimeoutMs: config.authenticationTimeoutMs,
    authenticate(connection, signal) {
      const { startup } = connection;
      const method = chooseMethod(config.auth, clientSettings(startup).auth);
      const verify = (token: string) => identifyClient(token, { config, verifyToken, startup, method });
      return authenticateClient(connection, method, challenge, verify, signal);
    },
    connectUpstream(who, { startup }, signal) {
      const { role, database, claimSettings } = who;
      const parameters = backendParameters(startup, {
        role,
        database: database.upstreamDatabase,
        policy: database.startup,
        claimSettings,
        namespaces: config.claimSettings.namespaces,
      });
      const target = targets.get(database.name) as UpstreamTarget;
      return connectBackend(who, { target, parameters, user: requireUser(startup) }, signal);
    },
    frontendKeyFor,
    events,
  };
}

function clientTls({ tls }: GatewayConfig, read: (path: string) => string): ClientTls {
  if (!tls) return { mode: 'refused' };
  const context = createSecureContext({ cert: read(tls.certFile), key: read(tls.keyFile), minVersion: 'TLSv1.2' });
  return { mode: 'required', context };
}

/** Where a client without a token gets one: the first issuer of the file. */
function challengeFor({ issuers }: GatewayConfig): Buffer {
  const [first] = issuers;
  const scope = ['openid', ...(first?.requiredScopes ?? [])].join(' ');
  return encodeOAuthBearerChallenge({ openidConfiguration: discoveryUrl(first?.issuer ?? ''), scope });
}
