import type { StoredLogin } from '@gprxy/credentials';
import type { Profile } from '@gprxy/sidecar';
import { chosenProfile } from '../../chosen-profile.ts';
import { CliError } from '../../cli-error.ts';
import type { Dependencies } from '../../dependencies.ts';
import { displayName, storeName } from '../../names.ts';
import { printable } from '../../printable.ts';
import { profileLogin } from '../../profile-login.ts';
import { print, printJson } from '../../say.ts';
import type { StoreKind } from '../../store-choice.ts';
import { relativeTime } from '../../time-left.ts';
import { claimedRoles } from './claimed-roles.ts';
import type { WhoamiOptions } from './whoami-command.ts';

interface Whoami {
  readonly profile: Profile;
  readonly storeKind: StoreKind;
  readonly stored: StoredLogin;
}

/** Tells from the store alone: the identity provider is not asked, so this works offline and renews nothing. */
export async function whoami(options: WhoamiOptions, dependencies: Dependencies): Promise<void> {
  const profile = await chosenProfile(options.profile, dependencies);
  const { store, account } = await profileLogin(profile, dependencies);
  const stored = await store.read(account);
  if (stored === undefined) throw nobodySignedIn(profile);
  const answer: Whoami = { profile, storeKind: store.kind, stored };
  if (options.json) printJson(dependencies, asJson(answer, dependencies.now()));
  else print(dependencies, ...asText(answer, dependencies));
}

function asText({ profile, storeKind, stored }: Whoami, { now, platform }: Dependencies): readonly string[] {
  const roles = claimedRoles(stored.claims).map(printable);
  return [
    displayName(stored),
    `  profile  ${profile.name}`,
    `  issuer   ${printable(stored.issuer)}`,
    `  store    ${storeName(storeKind, platform)}`,
    `  token    ${tokenState(stored, now())}`,
    `  roles    ${roles.length === 0 ? 'the token claims none' : roles.join(', ')}`,
  ];
}

function tokenState({ expiresAt, refreshToken }: StoredLogin, nowMs: number): string {
  const when = relativeTime(expiresAt, nowMs);
  if (expiresAt > nowMs) return `expires ${when}`;
  return refreshToken === undefined ? `expired ${when}; run "gprxy login"` : `expired ${when}; renewed when next used`;
}

function asJson({ profile, storeKind, stored }: Whoami, nowMs: number): object {
  return {
    profile: profile.name,
    issuer: stored.issuer,
    subject: stored.subject,
    email: stored.email ?? null,
    name: stored.name ?? null,
    store: storeKind,
    expiresAt: new Date(stored.expiresAt).toISOString(),
    expired: stored.expiresAt <= nowMs,
    renewable: stored.refreshToken !== undefined,
    roles: claimedRoles(stored.claims),
  };
}

function nobodySignedIn(profile: Profile): CliError {
  return new CliError(`nobody is signed in (profile "${profile.name}")`, {
    code: 'ERR_LOGIN_NEEDED',
    hint: `Run "gprxy login --profile ${profile.name}".`,
  });
}
