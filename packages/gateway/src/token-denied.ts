import { SqlState } from '@gprxy/proxy-core';
import type { AuthMethod } from './config.ts';
import { LoginDenied } from './login-denied.ts';
import { KeysUnavailable, type TokenProblem, TokenRejected } from './token-rejected.ts';

const SIGN_IN = 'Run "gprxy login" and connect again.';
const HINTS: Partial<Record<TokenProblem, string>> = {
  token_malformed:
    'The password here is an access token: connect through "gprxy start", or use what "gprxy get-token" prints.',
  token_not_yet_valid: "Set this computer's clock, or wait a moment.",
  token_expired: SIGN_IN,
};

/** What a client is told of a token that is refused. Other errors come back as they are. */
export function tokenDenied(error: unknown, method: AuthMethod): unknown {
  if (error instanceof KeysUnavailable) {
    return new LoginDenied('keys_unavailable', error.message, {
      sqlState: SqlState.CannotConnectNow,
      clientMessage: 'the gateway cannot verify access tokens now',
      detail: 'It has no keys of the identity provider.',
      hint: 'Try again in a minute; if that fails, tell the administrator of the gateway.',
      cause: error,
    });
  }
  if (!(error instanceof TokenRejected)) return error;
  return new LoginDenied(error.problem, error.message, {
    // As PostgreSQL's auth_failed() has it for the two methods.
    sqlState: method === 'password' ? SqlState.InvalidPassword : SqlState.InvalidAuthorization,
    clientMessage: 'the access token is not accepted',
    detail: error.message,
    hint: HINTS[error.problem] ?? `${SIGN_IN} If that fails, tell the administrator of the gateway.`,
    owner: error.owner,
  });
}
