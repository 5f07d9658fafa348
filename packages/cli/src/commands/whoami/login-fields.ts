import type { StoredLogin } from '@gprxy/credentials';
import type { Profile } from '@gprxy/sidecar';
import type { StoreKind } from '../../store-choice.ts';
import { claimedRoles } from './claimed-roles.ts';

/** A profile, and who is signed in there. */
export interface KnownLogin {
  readonly profile: Profile;
  readonly storeKind: StoreKind;
  readonly stored: StoredLogin;
}

/** `gprxy whoami --json`: never a token. */
export function loginFields({ profile, storeKind, stored }: KnownLogin, nowMs: number): object {
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

/** In the place of a login that cannot be told, in `whoami --all --json`. */
export function failureFields(profile: Profile, error: unknown): object {
  const { message, code = null, hint = null } = error as Error & { code?: string; hint?: string };
  return { profile: profile.name, error: { code, message, hint } };
}
