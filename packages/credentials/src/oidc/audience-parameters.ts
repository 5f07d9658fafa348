import type { AudienceTarget } from '../audience-token-source.ts';
import { CredentialError } from '../errors.ts';
import type { OidcSettings } from '../settings.ts';
import { decodeJwt } from './decode-jwt.ts';

/** Microsoft's clouds: https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud */
const entraHost = /^login\.(microsoftonline\.(com|us)|partner\.microsoftonline\.cn)$/;

/**
 * The settings of a client, for another audience. `audience` is Auth0's and others' (and RFC 8693's) word for a name, `resource` is RFC 8707's
 * for a URI; a provider ignores what it does not know (RFC 6749 section 3.2). Only Entra refuses `resource`, and has the audience in the scope.
 */
export function settingsFor<Settings extends OidcSettings>(settings: Settings, target: AudienceTarget): Settings {
  const { audience, scopes = settings.scopes } = target;
  if (audience === undefined) return { ...settings, scopes };
  const { audience: _usual, resource: _usualToo, ...others } = settings;
  const inScope = target.scopes ?? [`${audience.replace(/\/$/, '')}/.default`];
  if (isEntra(settings)) return { ...others, scopes: inScope } as Settings;
  return { ...others, scopes, audience, ...(isAbsoluteUri(audience) && { resource: audience }) } as Settings;
}

/** What a refresh asks with: a scope only where it is to be another than that of the login. */
export function audienceParameters(usual: OidcSettings, target: AudienceTarget): Record<string, string> {
  const { audience, resource, scopes } = settingsFor(usual, target);
  const named = target.audience !== undefined && audience !== undefined;
  const scoped = target.scopes !== undefined || scopes !== usual.scopes;
  return {
    ...(named && { audience }),
    ...(resource !== undefined && { resource }),
    ...(scoped && { scope: scopes.join(' ') }),
  };
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
