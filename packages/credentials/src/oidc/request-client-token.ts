import { orAborted } from '../abort.ts';
import { CredentialError } from '../errors.ts';
import type { AccessToken } from '../token-source.ts';
import { type ClientAuthentication, mayPostSecret, proveClient } from './client-authentication.ts';
import { connectProvider, type Provider } from './connect-provider.ts';
import { decodeJwt } from './decode-jwt.ts';
import { expiryOf, type Tokens } from './login-from-tokens.ts';
import { askProvider, oauthErrorText } from './provider-error.ts';
import type { ProviderFailure } from './provider-failure.ts';
import type { ProviderTask } from './provider-task.ts';

/** One token for the client itself (RFC 6749 section 4.4). */
export function requestClientToken(task: ProviderTask, authentication: ClientAuthentication): Promise<AccessToken> {
  return orAborted(request(task, authentication), task.signal);
}

async function request(task: ProviderTask, authentication: ClientAuthentication): Promise<AccessToken> {
  const provider = await connectProvider(task);
  const mayRetry = mayPostSecret(authentication, provider.configuration.serverMetadata());
  try {
    return await requestOnce(task, provider, authentication, false);
  } catch (error) {
    if (!mayRetry || !(error instanceof ClientRejected)) throw error;
    return requestOnce(task, provider, authentication, true);
  }
}

async function requestOnce(
  task: ProviderTask,
  { openid, configuration }: Provider,
  authentication: ClientAuthentication,
  post: boolean,
): Promise<AccessToken> {
  const metadata = configuration.serverMetadata();
  const { authenticate, secrets } = await proveClient(authentication, openid, metadata, task.signal, post);
  const proven = new openid.Configuration(metadata, task.settings.clientId, undefined, authenticate);
  proven.timeout = configuration.timeout;
  const fetch = configuration[openid.customFetch];
  if (fetch !== undefined) proven[openid.customFetch] = fetch;
  if (new URL(metadata.issuer).protocol === 'http:') openid.allowInsecureRequests(proven);
  const requestedAt = task.deps.now();
  const tokens = await askProvider(
    task,
    () => openid.clientCredentialsGrant(proven, parametersFrom(task)),
    secrets,
    (failure) => explain(task, authentication, failure),
  );
  return accessToken(task, tokens, requestedAt);
}

function parametersFrom({ settings: { scopes, audience, resource } }: ProviderTask): Record<string, string> {
  return {
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    ...(audience !== undefined && { audience }),
    ...(resource !== undefined && { resource }),
  };
}

function accessToken({ settings }: ProviderTask, tokens: Tokens, requestedAt: number): AccessToken {
  const claims = decodeJwt(tokens.access_token) ?? {};
  const { iss, sub, email, name } = claims;
  return {
    token: tokens.access_token,
    expiresAt: expiryOf(tokens, claims, requestedAt),
    identity: {
      issuer: typeof iss === 'string' ? iss : settings.issuer,
      subject: typeof sub === 'string' ? sub : settings.clientId,
      ...(typeof email === 'string' && { email }),
      ...(typeof name === 'string' && { name }),
      claims,
    },
  };
}

/** The subclass lets a secret that went the one way be tried the other. */
class ClientRejected extends CredentialError {}

const proofs = { secret: 'the client secret', 'private-key': 'the private key', 'assertion-file': 'the assertion' };

/** RFC 6749 section 5.2. Nobody needs to log in here, so no hint says so. */
function explain(
  { settings }: ProviderTask,
  { kind }: ClientAuthentication,
  failure: ProviderFailure,
): CredentialError | undefined {
  if (failure.kind !== 'oauth-error') return undefined;
  const message = `${settings.issuer} gives the client ${settings.clientId} no token: ${oauthErrorText(failure)}`;
  const hint = `Check client_id, ${proofs[kind]}, scopes and audience of the profile with the provider's administrator.`;
  const Kind = failure.error === 'invalid_client' ? ClientRejected : CredentialError;
  return new Kind('ERR_PROVIDER_REFUSED', message, { hint });
}
