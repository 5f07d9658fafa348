import { CredentialError } from '../errors.ts';
import type { Provider } from './connect-provider.ts';
import { isProtected } from './issuer-url.ts';
import { askProvider } from './provider-error.ts';
import type { ProviderTask } from './provider-task.ts';

/** What goes to the browser, and what stays here to recognise the answer by. */
export interface AuthorizationRequest {
  url: string;
  state: string;
  codeVerifier: string;
  /** Only where an ID token will come, which carries it back (OpenID Connect Core section 3.1.2.1). */
  nonce?: string;
}

export async function authorizationRequest(
  task: ProviderTask,
  { openid, configuration }: Provider,
  redirectUri: string,
  state: string,
): Promise<AuthorizationRequest> {
  const codeVerifier = openid.randomPKCECodeVerifier();
  const nonce = task.settings.scopes.includes('openid') ? openid.randomNonce() : undefined;
  const parameters = {
    ...askedFor(task),
    response_type: 'code',
    redirect_uri: redirectUri,
    code_challenge: await openid.calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: 'S256',
    state,
    ...(nonce !== undefined && { nonce }),
  };
  const metadata = configuration.serverMetadata();
  if (!isWebPage(metadata.authorization_endpoint)) throw unprotected(task);
  const url = metadata.require_pushed_authorization_requests
    ? await askProvider(task, () => openid.buildAuthorizationUrlWithPAR(configuration, parameters))
    : openid.buildAuthorizationUrl(configuration, parameters);
  return { url: url.href, state, codeVerifier, ...(nonce !== undefined && { nonce }) };
}

/** The parameters that say what the tokens shall be good for, the same in both flows. */
export function askedFor({ settings }: ProviderTask): Record<string, string> {
  const { scopes, audience, resource } = settings;
  return {
    scope: scopes.join(' '),
    ...(audience !== undefined && { audience }),
    ...(resource !== undefined && { resource }),
    // Without it a provider may leave the refresh token out (OpenID Connect Core section 11).
    ...(scopes.includes('offline_access') && !isEntra(settings.issuer) && { prompt: 'consent' }),
  };
}

/** Entra gives refresh tokens without, and where only administrators may consent, the prompt would lock everybody out. */
function isEntra(issuer: string): boolean {
  return /^https:\/\/(login\.microsoftonline\.(com|us)|login\.partner\.microsoftonline\.cn|sts\.windows\.net)\//.test(
    issuer,
  );
}

/** It will be opened in a browser. */
function isWebPage(address: unknown): boolean {
  return typeof address === 'string' && URL.canParse(address) && isProtected(new URL(address));
}

function unprotected({ settings }: ProviderTask): CredentialError {
  const message = `the identity provider ${settings.issuer} answered with a login page that is no https URL`;
  return new CredentialError('ERR_PROVIDER_REFUSED', message, { hint: "Report it to the provider's administrator." });
}
