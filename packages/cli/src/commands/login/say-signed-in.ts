import type { StoredLogin } from '@gprxy/credentials';
import type { Profile } from '@gprxy/sidecar';
import { chosenProfile } from '../../chosen-profile.ts';
import type { Dependencies } from '../../dependencies.ts';
import { displayName, storeName } from '../../names.ts';
import { say } from '../../say.ts';
import type { StoreKind } from '../../store-choice.ts';
import { relativeTime } from '../../time-left.ts';
import { upstreamAddress } from '../../upstream-address.ts';

export interface SignedIn {
  readonly profile: Profile;
  readonly storeKind: StoreKind;
  readonly stored: StoredLogin;
}

export async function saySignedIn({ profile, storeKind, stored }: SignedIn, dependencies: Dependencies): Promise<void> {
  const renewed = stored.refreshToken === undefined ? 'the provider gave no way to renew it' : 'renewed by itself';
  say(
    dependencies,
    `Signed in as ${displayName(stored)} (profile "${profile.name}").`,
    `  login kept in  ${storeName(storeKind, dependencies.platform)}`,
    `  token expires  ${relativeTime(stored.expiresAt, dependencies.now())}; ${renewed}`,
    `Next: gprxy psql${await profileArgument(profile.name, dependencies)}${databaseArgument(profile, dependencies)}`,
  );
}

/** Nothing where `gprxy psql` takes that profile anyway. */
async function profileArgument(name: string, dependencies: Dependencies): Promise<string> {
  const taken = await chosenProfile(dependencies.env.GPRXY_PROFILE, dependencies).catch(() => undefined);
  return taken?.name === name ? '' : ` --profile ${name}`;
}

/** Nothing where it is known which one is meant. */
function databaseArgument(profile: Profile, { env }: Dependencies): string {
  return upstreamAddress(profile).database === undefined && !env.PGDATABASE ? ' DATABASE' : '';
}

export function sayInsecureStorage(dependencies: Dependencies): void {
  say(
    dependencies,
    'gprxy: warning: the login is kept unencrypted, in a file that only you can read (--insecure-storage).',
  );
}
