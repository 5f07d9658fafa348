import type { ClientAuth, Configuration, CustomFetch } from 'openid-client';
import { CredentialError } from '../errors.ts';
import type { OidcSettings } from '../settings.ts';
import { isLoopback, isProtected, issuerUrl } from './issuer-url.ts';
import { askProvider } from './provider-error.ts';
import type { ProviderFailure } from './provider-failure.ts';
import { type ProviderTask, requestTimeoutSeconds } from './provider-task.ts';

/** openid-client, loaded with the first conversation. */
type OpenidClient = typeof import('openid-client');

export interface Provider {
  openid: OpenidClient;
  configuration: Configuration;
}

/** openid-client's own. */
const defaultToleranceSeconds = 30;

export interface ConnectOptions {
  /** How far the clocks may differ when an ID token is judged. */
  clockToleranceSeconds?: number;
  /** May know better what a failure means to the caller. */
  explain?: (failure: ProviderFailure) => CredentialError | undefined;
}

/**
 * Discovery (OpenID Connect Discovery 1.0 section 4): the metadata of this very issuer, or an error.
 * Everything later goes to the endpoints that this issuer named over TLS.
 */
export async function connectProvider(task: ProviderTask, options: ConnectOptions = {}): Promise<Provider> {
  const { settings } = task;
  const url = issuerUrl(settings.issuer);
  const openid = await import('openid-client');
  const authentication = await authenticationOf(settings, openid);
  const client = { [openid.clockTolerance]: options.clockToleranceSeconds ?? defaultToleranceSeconds };
  const configuration = await askProvider(
    task,
    () =>
      openid.discovery(url, settings.clientId, client, authentication, {
        timeout: requestTimeoutSeconds,
        [openid.customFetch]: providerFetch(task),
        execute: isLoopback(url) && url.protocol === 'http:' ? [openid.allowInsecureRequests] : [],
      }),
    [],
    options.explain,
  );
  configuration.timeout = requestTimeoutSeconds;
  return { openid, configuration };
}

/** In the body: that way every provider takes a secret that is none. */
async function authenticationOf({ clientSecretFile }: OidcSettings, openid: OpenidClient): Promise<ClientAuth> {
  if (clientSecretFile === undefined) return openid.None();
  const { readFileSecret } = await import('../sources/read-secret.ts');
  return openid.ClientSecretPost(await readFileSecret(clientSecretFile, 'client_secret_file'));
}

/** Ends with the task's signal, which openid-client looks at between requests only; and never sends a secret in clear. */
export function providerFetch({ deps, signal }: ProviderTask): CustomFetch {
  return async (input, { signal: timeout, ...init }) => {
    const url = new URL(input);
    if (!isProtected(url)) {
      throw new CredentialError(
        'ERR_PROVIDER_REFUSED',
        `the identity provider names an unprotected URL at ${url.host}`,
        {
          hint: "Have the provider's administrator offer https endpoints only.",
        },
      );
    }
    const signals = timeout === undefined ? [signal] : [timeout, signal];
    return deps.fetch(input, { ...(init as RequestInit), signal: AbortSignal.any(signals) });
  };
}
