import type { ClaimPath, IssuerConfig } from '../config/issuers.ts';
import type { DenialReason } from '../login-denied.ts';
import type { VerifiedToken } from '../verify-token.ts';
import { type Claims, claimAt, clientsOf, scopesOf, textClaim } from './claims.ts';

/** Of a claim that the provider left out: because there was too much of it, or for no reason that it gives. */
export type Absent = 'missing' | 'overage';

/** The human (or the service) that a token speaks of. Issuer and subject are the key; all the rest may change. */
export interface Person {
  readonly issuer: string;
  readonly subject: string;
  /** What the issuer's `name_claim` says. */
  readonly name: string;
  /** Only an address that the provider has verified. */
  readonly email: string | undefined;
  readonly groups: readonly string[] | Absent;
  readonly roles: readonly string[] | Absent;
  readonly clients: readonly string[];
  readonly scopes: readonly string[];
  readonly claims: Claims;
}

/** Why there is no person in a token that is otherwise good. */
export interface NoPerson {
  readonly problem: DenialReason;
  readonly message: string;
}

export function personOf({ issuer, subject, claims }: VerifiedToken): Person | NoPerson {
  const email = verifiedEmail(claims, issuer);
  const isNamedByEmail = issuer.nameClaim.length === 1 && issuer.nameClaim[0] === 'email';
  const name = isNamedByEmail ? email : textClaim(claims, ...issuer.nameClaim);
  if (name === undefined) {
    const isUnverified = isNamedByEmail && textClaim(claims, 'email') !== undefined;
    if (isUnverified)
      return { problem: 'email_unverified', message: 'the token has no e-mail address that its provider has verified' };
    return { problem: 'name_missing', message: `the token has no "${issuer.nameClaim.join('.')}"` };
  }
  const groups = listClaim(claims, issuer.groupsClaim);
  const roles = listClaim(claims, issuer.rolesClaim);
  if (groups === 'malformed' || roles === 'malformed') {
    return { problem: 'claims_malformed', message: 'groups or roles of the token are no list of texts' };
  }
  return {
    issuer: issuer.issuer,
    subject,
    name,
    email,
    groups: groups === 'missing' && issuer.missingGroups === 'none' ? [] : groups,
    // Providers leave out roles of people who have none; no rule is passed over because of that.
    roles: roles === 'missing' ? [] : roles,
    clients: clientsOf(claims),
    scopes: scopesOf(claims),
    claims,
  };
}

/** An address that anybody may enter for himself proves nothing; some providers write `"true"`. */
function verifiedEmail(claims: Claims, issuer: IssuerConfig): string | undefined {
  const email = textClaim(claims, 'email');
  if (email === undefined || !/^[^@\s]+@[^@\s]+$/.test(email)) return undefined;
  const isVerified = claims.email_verified === true || claims.email_verified === 'true';
  return isVerified || issuer.trustUnverifiedEmail ? email : undefined;
}

function listClaim(claims: Claims, path: ClaimPath): string[] | Absent | 'malformed' {
  if (isElsewhere(claims, path)) return 'overage';
  const value = claimAt(claims, path);
  if (value === undefined || value === null) return 'missing';
  if (typeof value === 'string') return [value];
  if (!Array.isArray(value) || value.some((item) => typeof item !== 'string')) return 'malformed';
  return value;
}

/** OpenID Connect Core 5.6.2: the claim is to be had at another address. Entra does so over 200 groups. */
function isElsewhere(claims: Claims, path: ClaimPath): boolean {
  const [first = ''] = path;
  const names = claims._claim_names;
  if (typeof names === 'object' && names !== null && Object.hasOwn(names, first)) return true;
  return first === 'groups' && (claims.hasgroups === true || claims.hasgroups === 'true');
}
