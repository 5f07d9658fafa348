import { orAborted, throwIfAborted } from '../abort.ts';
import type { CredentialDependencies } from '../dependencies.ts';
import { CredentialError } from '../errors.ts';
import { connectProvider } from './connect-provider.ts';

/** What a provider says of itself, as far as a login depends on it (OpenID Connect Discovery 1.0 section 3). */
export interface ProviderDescription {
  /** In the provider's own spelling, which is that of `iss` in its tokens. */
  readonly issuer: string;
  readonly tokenEndpoint?: string;
  /** The device authorization grant (RFC 8628). */
  readonly offersDeviceLogin: boolean;
  /** The authorization code with PKCE by S256 (RFC 7636). `undefined`: there is a code flow, and PKCE is not spoken of. */
  readonly offersBrowserLogin: boolean | undefined;
  /** The provider can be told that a login is over (RFC 7009). */
  readonly offersRevocation: boolean;
  /** `undefined`: the provider does not list them. */
  readonly scopes?: readonly string[];
}

export interface DiscoverOptions {
  issuer: string;
  clientId: string;
  deps: CredentialDependencies;
  signal: AbortSignal;
}

/**
 * Asks an issuer who it is and what it offers. Nobody is signed in, and nothing is stored.
 *
 * @throws CredentialError `ERR_PROVIDER_UNREACHABLE`; `ERR_PROVIDER_REFUSED` where it is no OpenID provider or calls itself otherwise, with
 * the right spelling in the hint where only the slash at the end is wrong; `ERR_ABORTED`
 */
export async function discoverProvider(options: DiscoverOptions): Promise<ProviderDescription> {
  throwIfAborted(options.signal);
  return orAborted(discover(options), options.signal);
}

async function discover(options: DiscoverOptions): Promise<ProviderDescription> {
  try {
    return await describe(options, options.issuer);
  } catch (error) {
    if (!(error instanceof CredentialError) || error.code !== 'ERR_PROVIDER_REFUSED') throw error;
    const other = withOtherSlash(options.issuer);
    const spelling = await describe(options, other).then(
      ({ issuer }) => issuer,
      () => undefined,
    );
    throw new CredentialError(error.code, error.message, {
      hint:
        spelling === undefined
          ? 'Compare --issuer with "issuer" in the discovery document, /.well-known/openid-configuration below it.'
          : `The issuer is spelled ${spelling}: give --issuer ${spelling}`,
    });
  }
}

async function describe({ clientId, deps, signal }: DiscoverOptions, issuer: string): Promise<ProviderDescription> {
  const { configuration } = await connectProvider({ settings: { issuer, clientId, scopes: [] }, deps, signal });
  const metadata = configuration.serverMetadata();
  return {
    issuer: metadata.issuer,
    ...(metadata.token_endpoint !== undefined && { tokenEndpoint: metadata.token_endpoint }),
    offersDeviceLogin: metadata.device_authorization_endpoint !== undefined,
    offersBrowserLogin: offersBrowserLogin(metadata),
    offersRevocation: metadata.revocation_endpoint !== undefined,
    ...(metadata.scopes_supported !== undefined && { scopes: metadata.scopes_supported }),
  };
}

interface BrowserMetadata {
  issuer?: string;
  authorization_endpoint?: string;
  response_types_supported?: readonly string[];
  code_challenge_methods_supported?: readonly string[];
}

/** Microsoft Entra ID, in all of its clouds: it does PKCE (S256), and does not say so in its metadata. */
const entra = /^https:\/\/login\.(microsoftonline\.(com|us)|partner\.microsoftonline\.cn)\//;

/** A provider that lists other methods only does not do it by S256. */
export function offersBrowserLogin(metadata: BrowserMetadata): boolean | undefined {
  const { authorization_endpoint: endpoint, response_types_supported: types = ['code'] } = metadata;
  if (endpoint === undefined || !types.includes('code')) return false;
  const offered = metadata.code_challenge_methods_supported?.includes('S256');
  return offered ?? (entra.test(metadata.issuer ?? '') ? true : undefined);
}

function withOtherSlash(issuer: string): string {
  return issuer.endsWith('/') ? issuer.slice(0, -1) : `${issuer}/`;
}
