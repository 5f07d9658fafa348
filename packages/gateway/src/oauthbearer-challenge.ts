import { encodeAuthenticationSASLContinue, encodeOAuthBearerChallenge } from '@gprxy/proxy-core';
import type { IssuerConfig } from './config/issuers.ts';
import { discoveryUrl } from './jwks/fetch-keys.ts';

/**
 * What a client without a good token is told: where it gets one. Errors: ProtocolError when that is longer than libpq
 * reads, so that it is found when the file is read, and not at somebody's login.
 */
export function oauthBearerChallenge({
  issuer,
  requiredScopes,
}: Pick<IssuerConfig, 'issuer' | 'requiredScopes'>): Buffer {
  const scope = ['openid', ...requiredScopes].join(' ');
  const challenge = encodeOAuthBearerChallenge({ openidConfiguration: discoveryUrl(issuer), scope });
  encodeAuthenticationSASLContinue(challenge);
  return challenge;
}
