import type { StoredLogin } from '@gprxy/credentials';
import type { Profile } from '@gprxy/sidecar';
import type { Dependencies } from '../../dependencies.ts';
import { displayName, storeName } from '../../names.ts';
import { printable } from '../../printable.ts';
import { relativeTime } from '../../time-left.ts';
import { claimedRoles } from './claimed-roles.ts';
import type { KnownLogin } from './login-fields.ts';

export function loginLines(
  { profile, storeKind, stored }: KnownLogin,
  { now, platform }: Pick<Dependencies, 'now' | 'platform'>,
): readonly string[] {
  const roles = claimedRoles(stored.claims).map(printable);
  return [
    displayName(stored),
    `  profile  ${profile.name}`,
    `  issuer   ${printable(stored.issuer)}`,
    `  store    ${storeName(storeKind, platform)}`,
    `  token    ${tokenState(stored, profile, now())}`,
    `  roles    ${roles.length === 0 ? 'the token claims none' : roles.join(', ')}`,
  ];
}

function tokenState({ expiresAt, refreshToken }: StoredLogin, { name }: Profile, nowMs: number): string {
  const when = relativeTime(expiresAt, nowMs);
  const isOver = expiresAt <= nowMs;
  if (refreshToken === undefined) {
    return isOver ? `expired ${when}; run "gprxy login --profile ${name}"` : `expires ${when}, and cannot be renewed`;
  }
  return isOver ? `expired ${when}; renewed when next used` : `expires ${when}; renewed by itself`;
}

export function failureLines(profile: Profile, error: unknown): readonly string[] {
  const { message, hint } = error as Error & { hint?: string };
  return [
    printable(message),
    `  profile  ${profile.name}`,
    ...(hint === undefined ? [] : [`  next     ${printable(hint)}`]),
  ];
}
