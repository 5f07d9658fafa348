import type { ClaimPath } from '../config/issuers.ts';

export type Claims = Readonly<Record<string, unknown>>;

/** The value of a claim; only own properties count, so that no claim is called "constructor". */
export function claimAt(claims: Claims, path: ClaimPath): unknown {
  let value: unknown = claims;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

export function textClaim(claims: Claims, ...path: string[]): string | undefined {
  const value = claimAt(claims, path);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused, for a name is shown in many places
  return typeof value === 'string' && value !== '' && !/[\u0000-\u001f\u007f]/.test(value) ? value : undefined;
}

/** `scope` (RFC 8693, RFC 9068), or `scp` as Entra and Okta spell it. */
export function scopesOf(claims: Claims): string[] {
  const scope = claims.scope ?? claims.scp;
  if (Array.isArray(scope)) return scope.filter((word) => typeof word === 'string');
  return typeof scope === 'string' ? scope.split(' ').filter(Boolean) : [];
}

/** The client that the token was issued to, under all of the names in use. */
export function clientsOf(claims: Claims): string[] {
  return ['client_id', 'azp', 'cid', 'appid'].flatMap((name) => textClaim(claims, name) ?? []);
}
