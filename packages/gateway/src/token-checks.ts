import type { JWTPayload, ProtectedHeaderParameters } from 'jose';
import type { IssuerConfig } from './config/issuers.ts';
import { clientsOf, scopesOf } from './identity/claims.ts';
import { typeOf } from './token-header.ts';
import { type TokenProblem, TokenRejected } from './token-rejected.ts';

// Checks of the claims of tokens whose signature is good. Each throws TokenRejected.

export function requireClaims(claims: JWTPayload, issuer: IssuerConfig, now: number): void {
  const reject = rejectOf(claims, issuer);
  if (typeof claims.sub !== 'string' || claims.sub === '')
    throw reject('token_claims', 'The access token has no valid "sub".');
  const { iat, exp } = claims;
  // What is no date could be in no audit record, and would never end.
  if (Number.isNaN(new Date(Number(exp) * 1_000).getTime())) {
    throw reject('token_claims', 'The access token has no valid "exp".');
  }
  if (iat !== undefined && (typeof iat !== 'number' || iat * 1_000 > now + issuer.clockSkewMs)) {
    throw reject('token_not_yet_valid', 'The access token was issued in the future; compare the clocks.');
  }
  for (const [name, value] of issuer.requiredClaims) {
    if (Object.hasOwn(claims, name) && claims[name] === value) continue;
    throw reject('token_claims', `The access token does not have the value of "${name}" that is required here.`);
  }
}

/**
 * ID tokens and access tokens are signed by the same keys. The type in the header tells them apart (RFC 9068); where a
 * provider does not set it, the token must show that it is for access, and must not show that it is something else.
 */
export function requireAccessToken(claims: JWTPayload, header: ProtectedHeaderParameters, issuer: IssuerConfig): void {
  const looksOtherwise =
    ['nonce', 'at_hash', 'c_hash', 's_hash', 'events'].some((name) => Object.hasOwn(claims, name)) ||
    (claims.token_use !== undefined && claims.token_use !== 'access') || // Cognito
    (claims.typ !== undefined && claims.typ !== 'Bearer'); // Keycloak
  if (looksOtherwise || (typeOf(header) !== 'at+jwt' && !showsAccess(claims))) {
    throw rejectOf(claims, issuer)('token_not_an_access_token', 'The token is not an access token.');
  }
  if (Object.hasOwn(claims, 'cnf')) {
    // Whoever holds it would have to prove more than that (RFC 7800), which no PostgreSQL client can.
    throw rejectOf(claims, issuer)('token_claims', 'The access token is bound to a key and cannot be used here.');
  }
}

function showsAccess(claims: JWTPayload): boolean {
  if (claims.token_use === 'access' || claims.typ === 'Bearer' || claims.idtyp === 'app') return true;
  return ['scope', 'scp', 'client_id', 'cid'].some((name) => Object.hasOwn(claims, name));
}

export function requireAllowedClient(claims: JWTPayload, issuer: IssuerConfig): void {
  const { clientIds } = issuer;
  if (!clientIds) return;
  const clients = clientsOf(claims);
  if (clients.length > 0 && clients.every((client) => clientIds.includes(client))) return;
  throw rejectOf(claims, issuer)('token_client', 'The access token was issued to a client that is not allowed here.');
}

export function requireScopes(claims: JWTPayload, issuer: IssuerConfig): void {
  const scopes = scopesOf(claims);
  const missing = issuer.requiredScopes.find((scope) => !scopes.includes(scope));
  if (missing === undefined) return;
  throw rejectOf(claims, issuer)('token_scope', `The access token lacks the scope "${missing}".`);
}

function rejectOf({ sub }: JWTPayload, { issuer }: IssuerConfig) {
  const owner = { issuer, ...(typeof sub === 'string' && { subject: sub }) };
  return (problem: TokenProblem, message: string) => new TokenRejected(problem, message, { owner });
}
