import {
  type AccessToken,
  CredentialError,
  type CredentialSettings,
  type TokenOptions,
  type TokenSource,
} from '@gprxy/credentials';
import type { ClientConnection, Peer, UpstreamCredential, UpstreamSession } from '@gprxy/proxy-core';
import { toClientError } from '../client/client-errors.ts';
import type { Profile } from '../config/profile.ts';
import type { ListenerActivity } from '../listen/listener-activity.ts';
import type { SignIn } from '../sign-in/sign-in.ts';
import { signInNotice } from '../sign-in/sign-in-notice.ts';
import { isSignedOut } from '../spare/current-secret.ts';
import type { Spares } from '../spare/spares.ts';
import type { ConnectionSteps } from '../telemetry/connection-steps.ts';
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
  readonly spares: Spares;
  readonly activity: ListenerActivity;
  /** Absent: a client that comes when the login is over is refused. */
  readonly signIn: SignIn | undefined;
  /** Aborts, with what to tell those who wait for a person, when the listener takes no more sessions. */
  readonly draining: AbortSignal;
  /** Of the client that it is for. */
  readonly steps?: ConnectionSteps | undefined;
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
  const { profile, upstream, spares, steps } = connector;
  let [secret, user] = ['', ''];
  try {
    steps?.begin('token');
    const token = await tokenOrLogin(connector, connection, signal);
    secret = token.token;
    connector.activity.tokenUsed(token);
    user = userFromTemplate(profile.user, token.identity, profile.name);
    steps?.begin('connect');
    const login = {
      ...upstream.hosts,
      protocolVersion: connection.protocolVersion,
      parameters: startupParameters(user, connection.startup.parameters, upstream),
      credential: upstreamCredential(profile, token),
      onConnected: (connectionId: string | undefined) => steps?.connected(connectionId),
    };
    return await spares.open({ login, secret, expiresAt: token.expiresAt }, signal);
  } catch (error) {
    if (isSignedOut(error)) spares.signedOut();
    throw signal.aborted ? signal.reason : toClientError(withoutQuotes(error, secret, user), profile);
  }
}

/** A password is proved by SCRAM, which a token that goes as one could not be. */
function upstreamCredential({ credential }: Profile, { token }: AccessToken): UpstreamCredential {
  if (credential.kind === 'password') return { kind: 'password', password: token };
  return { kind: 'token', getToken: async () => token };
}

/** Where the login is over and the profile says so, the person is asked to sign in, and the client waits for that. */
async function tokenOrLogin(
  connector: UpstreamConnector,
  { peer, notify }: ClientConnection,
  signal: AbortSignal,
): Promise<AccessToken> {
  const { signIn, profile, spares, draining } = connector;
  if (signIn === undefined || !isThisMachine(peer)) return fetchToken(connector, signal);
  try {
    const token = await fetchToken(connector, signal, { joinsLogin: false });
    signIn.signedIn();
    return token;
  } catch (error) {
    if (!(error instanceof CredentialError) || error.code !== 'ERR_LOGIN_NEEDED') throw error;
    // Whoever signs in now may be somebody else.
    spares.signedOut();
  }
  const tell = (instructions: string) => notify(signInNotice(instructions, profile.name));
  await signIn.wait(tell, AbortSignal.any([signal, draining]));
  return fetchToken(connector, signal, { joinsLogin: false });
}

/** A Unix socket, or loopback: nobody far away makes a window open here. */
function isThisMachine({ address }: Peer): boolean {
  return address === undefined || address === '::1' || /^(::ffff:)?127\./.test(address);
}

/** Somebody who is signing in right now takes their own time, which ends with their code; the client may hang up meanwhile. */
async function fetchToken(
  { profile, tokens }: UpstreamConnector,
  signal: AbortSignal,
  options: TokenOptions = {},
): Promise<AccessToken> {
  const limitMs = tokenTimeoutMs(profile.credential);
  const limit = new AbortController();
  const tooSlow = new CredentialError('ERR_PROVIDER_UNREACHABLE', `no token within ${limitMs / 1_000} s`);
  const timer = setTimeout(() => limit.abort(tooSlow), limitMs);
  try {
    const onLoginUnderWay = () => clearTimeout(timer);
    const wanted = { ...options, onLoginUnderWay, patienceMs: PATIENCE_MS };
    return await tokens.getToken(AbortSignal.any([signal, limit.signal]), wanted);
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
