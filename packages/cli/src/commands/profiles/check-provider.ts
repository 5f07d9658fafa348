import type { ProviderDescription } from '@gprxy/credentials';
import type { Profile } from '@gprxy/sidecar';
import { CliError } from '../../cli-error.ts';
import type { Dependencies } from '../../dependencies.ts';
import { profileLogin } from '../../profile-login.ts';

/** What the provider says of itself, and what that means for the profile. */
export interface ProviderFindings {
  readonly description: ProviderDescription;
  /** Things that work, but not as one would wish. */
  readonly warnings: readonly string[];
}

/** Asks the provider of a profile that is still to be saved. Rejects where a login could not work. */
export async function checkProvider(profile: Profile, dependencies: Dependencies): Promise<ProviderFindings> {
  const credentials = await dependencies.credentials();
  const { settings, deps } = await profileLogin(profile, dependencies, 'file');
  const { signal } = dependencies.interrupts;
  const { issuer, clientId, scopes, login } = settings;
  const description = await credentials.discoverProvider({ issuer, clientId, deps, signal });
  requireLogin(description, login);
  return { description, warnings: warningsOf(description, scopes) };
}

function requireLogin(description: ProviderDescription, login: 'auto' | 'device' | 'browser'): void {
  const { issuer, tokenEndpoint, offersDeviceLogin: device } = description;
  const browser = description.offersBrowserLogin !== false;
  if (tokenEndpoint === undefined) throw unusable(`${issuer} names no token endpoint`, 'Ask its administrator.');
  if (!device && !browser) {
    throw unusable(
      `${issuer} offers neither the device login nor the browser login with PKCE`,
      'Have its administrator enable the device authorization grant (RFC 8628), or the code grant with PKCE (RFC 7636).',
    );
  }
  if (login === 'device' && !device) throw unusable(`${issuer} offers no device login`, 'Give --login browser.');
  if (login === 'browser' && !browser)
    throw unusable(`${issuer} offers no browser login with PKCE`, 'Give --login device.');
}

function warningsOf({ scopes: offered }: ProviderDescription, wanted: readonly string[]): readonly string[] {
  const unknown = wanted.filter((scope) => isStandard(scope) && offered !== undefined && !offered.includes(scope));
  return [
    ...unknown
      .filter((scope) => scope !== 'offline_access')
      .map((scope) => `the provider does not list scope "${scope}"`),
    ...(unknown.includes('offline_access')
      ? ['the provider does not list scope "offline_access": you may have to sign in anew whenever the token expires']
      : []),
  ];
}

/** Providers list those of OpenID Connect; the scopes of an API (`api://...`, `db:connect`) they rarely do. */
function isStandard(scope: string): boolean {
  return /^[a-z_]+$/.test(scope);
}

function unusable(message: string, hint: string): CliError {
  return new CliError(message, { code: 'ERR_PROVIDER_REFUSED', hint });
}
