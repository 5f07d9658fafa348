import { type AccessToken, CredentialError, type TokenSource } from '@gprxy/credentials';
import { type ClientConnection, loginUpstream, type UpstreamSession, withDeadline } from '@gprxy/proxy-core';
import { toClientError } from './client-errors.ts';
import type { ListenerActivity } from './listener-activity.ts';
import type { Profile } from './profile.ts';
import type { Upstream } from './resolve-upstream.ts';
import { userFromTemplate } from './user-template.ts';

/** A provider that takes longer is as good as unreachable: drivers give up, too. */
const TOKEN_TIMEOUT_MS = 30_000;

export interface UpstreamConnector {
  readonly profile: Profile;
  readonly upstream: Upstream;
  readonly tokens: TokenSource;
  readonly activity: ListenerActivity;
}

/**
 * Opens the upstream session of one client: a fresh token, the name that goes with it, then the login. The token is fetched
 * before anything is dialled, so that its time does not count as the upstream's. Rejects with GprxyError, always with a hint.
 */
export async function connectUpstream(
  connector: UpstreamConnector,
  connection: ClientConnection,
  signal: AbortSignal,
): Promise<UpstreamSession> {
  const { profile, upstream } = connector;
  try {
    const token = await fetchToken(connector.tokens, signal);
    connector.activity.tokenUsed(token);
    const user = userFromTemplate(profile.user, token.identity, profile.name);
    return await loginUpstream(
      {
        target: upstream.target,
        protocolVersion: connection.protocolVersion,
        parameters: startupParameters(user, connection.startup.parameters, upstream),
        credential: { kind: 'token', getToken: async () => token.token },
      },
      signal,
    );
  } catch (error) {
    throw signal.aborted ? signal.reason : toClientError(error, profile.name);
  }
}

function fetchToken(tokens: TokenSource, signal: AbortSignal): Promise<AccessToken> {
  return withDeadline(signal, TOKEN_TIMEOUT_MS, providerTooSlow, (limited) =>
    tokens.getToken(limited).catch((error) => {
      throw limited.aborted ? limited.reason : error;
    }),
  );
}

/** The client's own parameters in its own order, except for the name: that is the profile's to choose. */
export function startupParameters(
  user: string,
  client: ReadonlyMap<string, string>,
  upstream: Pick<Upstream, 'database' | 'parameters'>,
): Map<string, string> {
  const parameters = new Map<string, string>([['user', user]]);
  if (upstream.database !== undefined) parameters.set('database', upstream.database);
  for (const [name, value] of [...upstream.parameters, ...client]) {
    if (name === 'user' || name.startsWith('_pq_.')) continue;
    // Deleted first: of a setting spelled in two ways the server goes by the one that comes last.
    parameters.delete(name);
    parameters.set(name, value);
  }
  return parameters;
}

function providerTooSlow(): CredentialError {
  return new CredentialError('ERR_PROVIDER_UNREACHABLE', `no token within ${TOKEN_TIMEOUT_MS / 1_000} s`);
}
