import { createSecureContext } from 'node:tls';
import {
  type ClientTls,
  requireUser,
  type SessionEvents,
  type SessionPolicy,
  type UpstreamTarget,
} from '@gprxy/proxy-core';
import { authenticateClient, chooseMethod } from './authenticate-client.ts';
import type { IssuerConfig } from './config/issuers.ts';
import type { GatewayConfig } from './config.ts';
import { createBackendConnector, frontendKeyFor } from './connect-backend.ts';
import { identifyClient, type Who } from './identify-client.ts';
import { oauthBearerChallenge } from './oauthbearer-challenge.ts';
import { backendParameters, clientSettings } from './startup-parameters.ts';
import type { VerifyToken } from './verify-token.ts';

export interface PolicyDependencies {
  readonly verifyToken: VerifyToken;
  /** The server of each database of the file. */
  readonly targets: ReadonlyMap<string, UpstreamTarget>;
  readonly readFile: (path: string) => string;
  readonly now: () => number;
  readonly events: SessionEvents<Who>;
}

/** What the gateway does at each step of a session; the steps themselves are proxy-core's. */
export function createGatewayPolicy(config: GatewayConfig, dependencies: PolicyDependencies): SessionPolicy<Who> {
  const { verifyToken, targets, readFile, now, events } = dependencies;
  // The first issuer is that of people without a token.
  const challenge = oauthBearerChallenge(config.issuers[0] as IssuerConfig);
  const connectBackend = createBackendConnector(config.allowPrivilegedLogins, now);
  return {
    clientTls: clientTls(config, readFile),
    authenticationTimeoutMs: config.authenticationTimeoutMs,
    authenticate(connection, signal) {
      const { startup } = connection;
      requireUser(startup);
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

function clientTls({ tls }: GatewayConfig, readFile: (path: string) => string): ClientTls {
  if (!tls) return { mode: 'refused' };
  const cert = readFile(tls.certFile);
  const key = readFile(tls.keyFile);
  return { mode: 'required', context: createSecureContext({ cert, key, minVersion: 'TLSv1.2' }) };
}
