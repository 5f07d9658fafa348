import type { Profile } from '@gprxy/sidecar';
import type { Dependencies } from '../../dependencies.ts';
import { printable } from '../../printable.ts';
import { requireLogin } from '../../profile-login.ts';
import { printJson, say } from '../../say.ts';
import type { ProviderFindings } from './check-provider.ts';

export interface AddedProfile {
  readonly profile: Profile;
  readonly path: string;
  /** It took the place of another. */
  readonly exists: boolean;
  readonly isDefault: boolean;
  /** Undefined: the provider was not asked. */
  readonly findings: ProviderFindings | undefined;
}

export function sayAdded(added: AddedProfile, dependencies: Dependencies): void {
  const { profile, path, exists, isDefault, findings } = added;
  say(
    dependencies,
    ...(findings === undefined ? ['The provider was not asked (--no-check).'] : foundLines(added, findings)),
  );
  for (const warning of findings?.warnings ?? []) say(dependencies, `gprxy: warning: ${printable(warning)}`);
  say(
    dependencies,
    `${exists ? 'Replaced' : 'Saved'} profile "${profile.name}" in ${path}${isDefault ? '; it is the default' : ''}.`,
    `Next: gprxy login --profile ${profile.name}`,
  );
}

function foundLines({ profile }: AddedProfile, { description }: ProviderFindings): readonly string[] {
  const { issuer, scopes, login } = requireLogin(profile);
  const spelling = description.issuer === issuer ? '' : ' (saved in its own spelling)';
  return [
    `Found ${printable(description.issuer)}${spelling}`,
    `  login   ${loginText(login, description)}`,
    `  scopes  ${scopes.map(printable).join(' ')}`,
    `  logout  ${description.offersRevocation ? 'revokes the login' : 'forgets it here only: the provider offers no revocation'}`,
  ];
}

/** Which login `gprxy login` will use. */
function loginText(
  chosen: 'auto' | 'device' | 'browser',
  { offersDeviceLogin, offersBrowserLogin }: ProviderFindings['description'],
): string {
  if (chosen === 'device') return 'by a code in any browser (login = "device")';
  if (chosen === 'browser') return 'in the browser on this machine (login = "browser")';
  if (!offersDeviceLogin) return 'in the browser on this machine, all that the provider offers';
  if (offersBrowserLogin === false) return 'by a code in any browser, all that the provider offers';
  if (offersBrowserLogin === undefined)
    return 'by a code in any browser; --browser where the provider knows PKCE (S256)';
  return 'in the browser on this machine, or by a code where there is none';
}

export function printAdded(
  { profile, path, exists, isDefault, findings }: AddedProfile,
  dependencies: Dependencies,
): void {
  const { description, warnings } = findings ?? {};
  printJson(dependencies, {
    profile: profile.name,
    file: path,
    replaced: exists,
    default: isDefault,
    provider: description ?? null,
    warnings: warnings ?? [],
  });
}
