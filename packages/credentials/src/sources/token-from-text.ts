import { decodeJwt } from '../oidc/decode-jwt.ts';
import type { AccessToken, Identity } from '../token-source.ts';
import { sourceFailed } from './source-failed.ts';

/** Of a token that does not tell how long it lives: short, because too long fails at the upstream. */
export const unknownLifetimeMs = 300_000;

/** What a source has, and from where, for messages: `the command "vault"`. */
export interface Found {
  readonly text: string;
  /** Epoch ms, if it came with the token. */
  readonly expiresAt?: number | undefined;
  readonly from: string;
  /** Who has to act when it is no good: one sentence. */
  readonly hint: string;
}

/**
 * A token as it was found. It ends when it was said to, or as its `exp` says if it is a JWT, whichever comes first.
 * @throws CredentialError `ERR_SOURCE_FAILED` when it cannot be a token, or has expired
 */
export function tokenFromText(found: Found, nowMs: number): AccessToken {
  const token = found.text.replace(/^\ufeff/, '').trim();
  if (token === '') throw sourceFailed(`${found.from} is empty`, found.hint);
  if (!/^[\x21-\x7e]+$/.test(token)) {
    const rows = token.split('\n').length;
    const what = rows > 1 ? `has ${rows} lines` : 'has blanks or characters in it that no token has';
    throw sourceFailed(`${found.from} ${what}, where one token was expected`, found.hint);
  }
  const claims = decodeJwt(token);
  const expiresAt = earliest(found.expiresAt, claims?.exp) ?? nowMs + unknownLifetimeMs;
  if (expiresAt <= nowMs) {
    const when = new Date(expiresAt).toISOString();
    throw sourceFailed(`the token of ${found.from} expired at ${when}`, found.hint);
  }
  return { token, expiresAt, identity: identityOfClaims(claims ?? {}) };
}

function earliest(toldMs: number | undefined, exp: unknown): number | undefined {
  const times = [toldMs, typeof exp === 'number' && Math.abs(exp) < 8.64e12 ? exp * 1_000 : undefined];
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

export function identityOfClaims(claims: Readonly<Record<string, unknown>>): Identity {
  const text = (name: string) => (typeof claims[name] === 'string' ? claims[name] : undefined);
  const [issuer, subject, email, name] = ['iss', 'sub', 'email', 'name'].map(text);
  return {
    ...(issuer !== undefined && { issuer }),
    ...(subject !== undefined && { subject }),
    ...(email !== undefined && { email }),
    ...(name !== undefined && { name }),
    claims,
  };
}
