import type { AudienceTarget } from '../audience-token-source.ts';
import { CredentialError } from '../errors.ts';
import type { OidcSettings } from '../settings.ts';
import { decodeJwt } from './decode-jwt.ts';

/** Microsoft's clouds: https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud */
const entraHost = /^login\.(microsoftonline\.(com|us)|partner\.microsoftonline\.cn)$/;

/**
 * What a refresh asks with for another audience. `audience` is Auth0's and others' (and RFC 8693's) word for a name, `resource` is RFC 8707's
 * for a URI; a provider ignores what it does not know (RFC 6749 section 3.2). Only Entra refuses `resource`, and has the audience in the scope.
 */
export function audienceParameters(
  settings: OidcSettings,
  { audience, scopes }: AudienceTarget,
): Record<string, string> {
  const scope = scopes === undefined ? {} : { scope: scopes.join(' ') };
  if (audience === undefined)
    return { ...(settings.resource !== undefined && { resource: settings.resource }), ...scope };
  if (isEntra(settings)) return { scope: `${audience.replace(/\/$/, '')}/.default`, ...scope };
  return { audience, ...(isAbsoluteUri(audience) && { resource: audience }), ...scope };
}

/**
 * Providers that do not know the parameters give a token for whom they always do, which must not reach somebody else.
 * @throws CredentialError `ERR_PROVIDER_REFUSED`
 */
export function requireAudience(settings: OidcSettings, { audience }: AudienceTarget, accessToken: string): void {
  const claims = decodeJwt(accessToken);
  // An opaque token does not tell; and Entra writes the identifier of an API in several ways.
  if (audience === undefined || claims === undefined || isEntra(settings)) return;
  const audiences = [claims.aud].flat().filter((name) => typeof name === 'string');
  if (audiences.includes(audience)) return;
  const whom = audiences.length === 0 ? 'nobody in particular' : audiences.join(', ');
  throw new CredentialError(
    'ERR_PROVIDER_REFUSED',
    `${settings.issuer} gave a token for ${whom}, not for ${audience}`,
    {
      hint: "Have the provider's administrator allow the client that audience; some providers want --scope instead.",
    },
  );
}

function isEntra({ issuer }: OidcSettings): boolean {
  return URL.canParse(issuer) && entraHost.test(new URL(issuer).hostname);
}

/** RFC 8707 section 2: an absolute URI without a fragment. */
function isAbsoluteUri(text: string): boolean {
  return URL.canParse(text) && !text.includes('#');
}
