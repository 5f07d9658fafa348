import type { ProtectedHeaderParameters } from 'jose';
import type { IssuerConfig } from './config/issuers.ts';
import { TokenRejected } from './token-rejected.ts';

/** What is refused by the header alone, before a key is looked for. Throws TokenRejected. */
export function checkHeader(header: ProtectedHeaderParameters, issuer: IssuerConfig): void {
  const { alg, kid } = header;
  if (typeof alg !== 'string' || !issuer.algorithms.includes(alg)) {
    throw new TokenRejected('token_algorithm', 'The access token is signed with an algorithm that is not allowed.');
  }
  if (kid !== undefined && typeof kid !== 'string') throw strange();
  // Extensions that must be understood are not (RFC 7515, 4.1.11), and a JWS with another payload encoding, with a key
  // of its own, compressed or around another JWT is no access token of any provider.
  if (['crit', 'b64', 'jwk', 'zip', 'enc'].some((name) => Object.hasOwn(header, name))) throw strange();
  if (header.cty !== undefined) throw strange();
  if (!issuer.types.includes(typeOf(header))) {
    throw new TokenRejected('token_type', 'The token is not of the type that access tokens of its issuer have.');
  }
}

/** Media types are compared without "application/" and without case (RFC 7515, 4.1.9). */
export function typeOf({ typ }: ProtectedHeaderParameters): string {
  if (typ === undefined) return 'absent';
  return typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : '';
}

function strange(): TokenRejected {
  return new TokenRejected('token_header', 'The header of the access token has parameters that are not accepted.');
}
