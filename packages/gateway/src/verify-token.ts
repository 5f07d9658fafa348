import {
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  jwtVerify,
  type ProtectedHeaderParameters,
} from 'jose';
import type { IssuerConfig } from './config/issuers.ts';
import type { IssuerKeys } from './jwks/issuer-keys.ts';
import { requireAccessToken, requireAllowedClient, requireClaims, requireScopes } from './token-checks.ts';
import { checkHeader } from './token-header.ts';
import { type TokenOwner, type TokenProblem, TokenRejected } from './token-rejected.ts';

/** A token of which everything is checked that can be without knowing what it is to be used for. */
export interface VerifiedToken {
  readonly issuer: IssuerConfig;
  readonly subject: string;
  readonly claims: JWTPayload;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

export interface TokenVerifierOptions {
  readonly issuers: readonly IssuerConfig[];
  readonly keysOf: (issuer: IssuerConfig) => Pick<IssuerKeys, 'find'>;
  readonly now: () => number;
  readonly maxTokenBytes: number;
}

/** Errors: TokenRejected, KeysUnavailable. */
export type VerifyToken = (token: string) => Promise<VerifiedToken>;

/**
 * Checks access tokens: JWTs (RFC 7519) signed as JWS in compact form (RFC 7515), as RFC 9068 profiles them.
 * What a token says of itself (`jku`, `jwk`, `x5u`, `x5c`, `iss`) never chooses a key that the file does not lead to.
 */
export function createTokenVerifier({ issuers, keysOf, now, maxTokenBytes }: TokenVerifierOptions): VerifyToken {
  const byName = new Map(issuers.map((issuer) => [issuer.issuer, issuer]));
  return async (token) => {
    const { header, claims } = decode(token, maxTokenBytes);
    const issuer = typeof claims.iss === 'string' ? byName.get(claims.iss) : undefined;
    if (!issuer) throw new TokenRejected('token_issuer', 'The access token is of an issuer that is not known here.');
    checkHeader(header, issuer);
    const verified = await verifySignature(token, issuer, keysOf(issuer), now());
    requireClaims(verified, issuer, now());
    requireAccessToken(verified, header, issuer);
    requireAllowedClient(verified, issuer);
    requireScopes(verified, issuer);
    const { sub = '', exp = 0 } = verified;
    return { issuer, subject: sub, claims: verified, expiresAt: exp * 1_000 };
  };
}

function decode(token: string, maxBytes: number): { header: ProtectedHeaderParameters; claims: JWTPayload } {
  if (token.length > maxBytes) throw new TokenRejected('token_too_large', 'The access token is too long.');
  // Strict where decoders are lenient: one text for one token, no white space, no padding, no five parts of a JWE.
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) throw malformed();
  try {
    return { header: decodeProtectedHeader(token), claims: decodeJwt(token) };
  } catch (cause) {
    throw malformed(cause);
  }
}

function malformed(cause?: unknown): TokenRejected {
  const problem = 'What was sent in place of a password is no access token (a signed JWT).';
  return new TokenRejected('token_malformed', problem, { cause });
}

async function verifySignature(
  token: string,
  issuer: IssuerConfig,
  keys: Pick<IssuerKeys, 'find'>,
  now: number,
): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, (header) => keys.find(header), {
      issuer: issuer.issuer,
      audience: [...issuer.audience],
      algorithms: [...issuer.algorithms],
      clockTolerance: issuer.clockSkewMs / 1_000,
      currentDate: new Date(now),
      requiredClaims: ['exp', 'sub'],
    });
    return payload;
  } catch (error) {
    throw error instanceof errors.JOSEError || error instanceof TypeError ? toRejection(error, issuer) : error;
  }
}

function toRejection(error: Error, issuer: IssuerConfig): TokenRejected {
  const reject = (problem: TokenProblem, message: string) =>
    new TokenRejected(problem, message, { cause: error, ...ownerOf(error, issuer) });
  if (error instanceof errors.JWTExpired) return reject('token_expired', 'The access token has expired.');
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return reject('token_signature', 'The signature of the access token is wrong.');
  }
  if (error instanceof errors.JOSEAlgNotAllowed) {
    return reject('token_algorithm', 'The access token is signed with an algorithm that is not allowed.');
  }
  if (error instanceof errors.JWTClaimValidationFailed) return rejectClaim(error, reject);
  if (error instanceof TypeError) return reject('token_key', 'The key of the access token cannot be used.');
  return reject('token_malformed', 'The access token cannot be read.');
}

function rejectClaim(
  error: errors.JWTClaimValidationFailed,
  reject: (problem: TokenProblem, message: string) => TokenRejected,
): TokenRejected {
  if (error.claim === 'aud') return reject('token_audience', 'The access token is for another audience.');
  if (error.claim === 'nbf' && error.reason === 'check_failed') {
    return reject('token_not_yet_valid', 'The access token is not valid yet; compare the clocks.');
  }
  return reject('token_claims', `The access token has no valid "${error.claim}".`);
}

/** jose tells the payload only once the signature is verified. */
function ownerOf(error: Error, { issuer }: IssuerConfig): { owner?: TokenOwner } {
  if (!(error instanceof errors.JWTExpired || error instanceof errors.JWTClaimValidationFailed)) return {};
  const { sub } = error.payload;
  return { owner: { issuer, ...(typeof sub === 'string' && { subject: sub }) } };
}
