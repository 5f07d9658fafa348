import { CompactSign, type CryptoKey, type JWK } from 'jose';
import type { SigningKey } from './signing-keys.ts';

const LIFETIME_SECONDS = 300;

/** What a valid access token says about the provider; the rest is up to the caller. */
export interface TokenDefaults {
  issuer: string;
  audience: string;
  clientId: string;
  claims: Readonly<Record<string, unknown>>;
}

export type SignWith = CryptoKey | JWK | Uint8Array;

/**
 * Signs an access token (RFC 9068) that is valid but for what `claims` and `header` change: `undefined` leaves one out.
 * `key` signs instead of the provider's own; its kind must suit `header.alg`.
 */
export function signToken(
  defaults: TokenDefaults,
  signingKey: SigningKey,
  claims: Readonly<Record<string, unknown>>,
  header: Readonly<Record<string, unknown>>,
  key: SignWith = signingKey.privateKey,
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const payload = {
    iss: defaults.issuer,
    aud: defaults.audience,
    client_id: defaults.clientId,
    iat: now,
    exp: now + LIFETIME_SECONDS,
    ...defaults.claims,
    ...claims,
  };
  const protectedHeader = defined({ alg: signingKey.alg, kid: signingKey.kid, typ: 'at+jwt', ...header });
  return new CompactSign(new TextEncoder().encode(JSON.stringify(payload)))
    .setProtectedHeader(protectedHeader as { alg: string })
    .sign(key);
}

function defined(entries: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined));
}
