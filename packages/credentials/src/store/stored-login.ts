import * as v from 'valibot';
import type { Identity } from '../token-source.ts';
import { DamagedLogin, NewerLogin } from './unreadable-login.ts';

/** What one login leaves behind. Times are epoch ms, wall clock. */
export interface StoredLogin {
  version: 1;
  /** As the profile spells it, and as discovery verified it: the only place that the refresh token is ever sent to. */
  issuer: string;
  clientId: string;
  subject: string;
  email?: string;
  name?: string;
  accessToken: string;
  expiresAt: number;
  /** When it was asked for. A clock that shows an earlier time was set back since, and `expiresAt` is not to be trusted. */
  obtainedAt?: number;
  refreshToken?: string;
  /** When the person signed in; refreshes keep it. */
  signedInAt?: number;
  /** When the refresh token ends, where the provider says so. */
  refreshEndsAt?: number;
  /** So long the first refresh token of the login was to live. */
  refreshLifeMs?: number;
  scope?: string;
  claims: Record<string, unknown>;
}

const storedLogin = v.object({
  version: v.literal(1),
  issuer: v.string(),
  clientId: v.string(),
  subject: v.string(),
  email: v.exactOptional(v.string()),
  name: v.exactOptional(v.string()),
  accessToken: v.pipe(v.string(), v.minLength(1)),
  expiresAt: v.number(),
  obtainedAt: v.exactOptional(v.number()),
  refreshToken: v.exactOptional(v.string()),
  signedInAt: v.exactOptional(v.number()),
  refreshEndsAt: v.exactOptional(v.number()),
  refreshLifeMs: v.exactOptional(v.number()),
  scope: v.exactOptional(v.string()),
  claims: v.record(v.string(), v.unknown()),
});

export function serializeLogin(login: StoredLogin): string {
  return JSON.stringify(login);
}

/**
 * @throws DamagedLogin, NewerLogin, both without a cause: the messages of JSON.parse and valibot quote what they choke on,
 * and that is a token here.
 */
export function parseLogin(text: string, account: string): StoredLogin {
  const value = parseJson(text);
  const login = v.safeParse(storedLogin, value);
  if (login.success) return login.output;
  throw isLaterVersion(value) ? new NewerLogin(account) : new DamagedLogin(account);
}

/** Of a stored login, or of the head of a keychain entry: both count from 1. */
export function isLaterVersion(value: unknown): boolean {
  const version = typeof value === 'object' && value !== null && 'version' in value ? value.version : undefined;
  return Number.isInteger(version) && (version as number) > 1;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function identityOf(login: StoredLogin): Identity {
  return {
    issuer: typeof login.claims.iss === 'string' ? login.claims.iss : login.issuer,
    subject: login.subject,
    ...(login.email !== undefined && { email: login.email }),
    ...(login.name !== undefined && { name: login.name }),
    claims: login.claims,
  };
}
