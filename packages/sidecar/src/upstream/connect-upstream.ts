import { type AccessToken, CredentialError, type CredentialSettings, type TokenSource } from '@gprxy/credentials';
import {
  type ClientConnection,
  loginAnyUpstream,
  type UpstreamCredential,
  type UpstreamSession,
} from '@gprxy/proxy-core';
import { toClientError } from '../client/client-errors.ts';
import type { Profile } from '../config/profile.ts';
import type { ListenerActivity } from '../listen/listener-activity.ts';
import type { Upstream } from './resolve-upstream.ts';
import { userFromTemplate } from './user-template.ts';
import { withoutQuotes } from './without-quotes.ts';

/** A provider that takes longer is as good as unreachable: drivers give up, too. */
const TOKEN_TIMEOUT_MS = 30_000;
/** A refresh seldom takes longer. Where it does, a token that still lives is good enough for a connection. */
const PATIENCE_MS = 2_000;

export interface UpstreamConnector {
  readonly profile: Profile;
  readonly upstream: Upstream;
  readonly tokens: TokenSource;
  readonly activity: ListenerActivity;
  /** See UpstreamLogin. */
  onConnected?(connectionId: string | undefined): void;
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
  let [secret, user] = ['', ''];
  try {
    const token = await fetchToken(connector, signal);
    secret = token.token;
    connector.activity.tokenUsed(token);
    user = userFromTemplate(profile.user, token.identity, profile.name);
    return await loginAnyUpstream(
      {
        ...upstream.hosts,
        protocolVersion: connection.protocolVersion,
        parameters: startupParameters(user, connection.startup.parameters, upstream),
        credential: upstreamCredential(profile, token),
        onConnected: (connectionId) => connector.onConnected?.(connectionId),
      },
      signal,
    );
  } catch (error) {
    throw signal.aborted ? signal.reason : toClientError(withoutQuotes(error, secret, user), profile);
  }
}

/** A password is proved by SCRAM, which a token that goes as one could not be. */
function upstreamCredential({ credential }: Profile, { token }: AccessToken): UpstreamCredential {
  if (credential.kind === 'password') return { kind: 'password', password: token };
  return { kind: 'token', getToken: async () => token };
}

/** Somebody who is signing in right now takes their own time, which ends with their code; the client may hang up meanwhile. */
async function fetchToken({ profile, tokens }: UpstreamConnector, signal: AbortSignal): Promise<AccessToken> {
  const limitMs = tokenTimeoutMs(profile.credential);
  const limit = new AbortController();
  const tooSlow = new CredentialError('ERR_PROVIDER_UNREACHABLE', `no token within ${limitMs / 1_000} s`);
  const timer = setTimeout(() => limit.abort(tooSlow), limitMs);
  try {
    const onLoginUnderWay = () => clearTimeout(timer);
    return await tokens.getToken(AbortSignal.any([signal, limit.signal]), { onLoginUnderWay, patienceMs: PATIENCE_MS });
  } catch (error) {
    throw limit.signal.aborted ? tooSlow : error;
  } finally {
    clearTimeout(timer);
  }
}

/** A command has a limit of its own, and says more when it is over than we could. */
function tokenTimeoutMs(credential: CredentialSettings): number {
  const place = credential.kind === 'password' ? credential.password : credential;
  const ownLimitMs = 'command' in place ? place.command.timeoutMs : 0;
  return Math.max(TOKEN_TIMEOUT_MS, ownLimitMs + 5_000);
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
