import type { StoredLogin } from './store/stored-login.ts';

/** When the login itself is over, and only the person can begin another. Epoch ms, wall clock. */
export interface LoginEnd {
  readonly at: number;
  /** When the person signed in. Tells two logins apart. */
  readonly since: number;
  /** So long a refresh token lived at the beginning. A provider that ends idle logins only gives as much again with each refresh. */
  readonly lifeMs: number;
}

/** What providers say of a refresh token's life, in seconds: Keycloak, then Azure AD B2C and others. No standard has it. */
const lifeFields = ['refresh_expires_in', 'refresh_token_expires_in'] as const;

type RefreshLife = Pick<StoredLogin, 'signedInAt' | 'refreshEndsAt' | 'refreshLifeMs'>;

/** @param tokens the answer of the token endpoint; 0 seconds is Keycloak's word for a refresh token without an end */
export function refreshLife(
  tokens: { readonly refresh_token?: string; readonly [field: string]: unknown },
  requestedAt: number,
  former?: StoredLogin,
): RefreshLife {
  const said = lifeFields.map((field) => tokens[field]).find((life) => typeof life === 'number' && life > 0);
  const lifeMs = typeof said === 'number' ? said * 1_000 : undefined;
  const isKept = tokens.refresh_token === undefined;
  const endsAt = lifeMs === undefined ? (isKept ? former?.refreshEndsAt : undefined) : requestedAt + lifeMs;
  const signedInAt = former === undefined ? requestedAt : former.signedInAt;
  const firstLifeMs = former?.refreshLifeMs ?? lifeMs;
  return {
    ...(signedInAt !== undefined && { signedInAt }),
    ...(endsAt !== undefined && { refreshEndsAt: endsAt }),
    ...(firstLifeMs !== undefined && { refreshLifeMs: firstLifeMs }),
  };
}

/**
 * Undefined where nobody has said when.
 * @param lifetimeMs from signing in to the end, where the profile knows what the provider does not tell
 */
export function loginEndOf(login: StoredLogin, lifetimeMs?: number): LoginEnd | undefined {
  const { signedInAt: since, refreshEndsAt, refreshLifeMs } = login;
  if (since === undefined) return undefined;
  const ends = [
    ...(lifetimeMs === undefined ? [] : [{ at: since + lifetimeMs, since, lifeMs: lifetimeMs }]),
    ...(refreshEndsAt === undefined
      ? []
      : [{ at: refreshEndsAt, since, lifeMs: refreshLifeMs ?? refreshEndsAt - since }]),
  ];
  return ends.sort((one, other) => one.at - other.at)[0];
}
