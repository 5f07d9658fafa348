import { cachedTokenSource } from './cached-token-source.ts';
import type { CredentialDependencies } from './dependencies.ts';
import type { ClientAuthentication } from './oidc/client-authentication.ts';
import { requestClientToken } from './oidc/request-client-token.ts';
import type { OidcSettings } from './settings.ts';
import type { TokenSource } from './token-source.ts';

/** A job that signs in as itself. */
export interface ClientCredentialsSettings extends OidcSettings {
  authentication: ClientAuthentication;
}

export interface ClientCredentialsSourceOptions {
  settings: ClientCredentialsSettings;
  deps: CredentialDependencies;
}

/**
 * Tokens by the client credentials grant (RFC 6749 section 4.4), kept in memory only: what proves the client is at hand
 * whenever a new one is needed.
 *
 * `getToken` rejects with CredentialError `ERR_PROVIDER_UNREACHABLE`, `ERR_PROVIDER_REFUSED` (the client is not known, or its
 * proof not accepted), `ERR_SOURCE_FAILED` (the key or assertion cannot be read), `ERR_ABORTED`, or what `secret` and `pem` reject with.
 */
export function createClientCredentialsSource({ settings, deps }: ClientCredentialsSourceOptions): TokenSource {
  return cachedTokenSource({
    request: (signal) => requestClientToken({ settings, deps, signal }, settings.authentication),
    now: deps.now,
    random: deps.random ?? Math.random,
  });
}
