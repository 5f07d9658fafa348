/**
 * Why there is no valid token. The code is stable; programs branch on it, people read the message and the hint.
 *
 * - `ERR_LOGIN_NEEDED`: nobody is logged in, or the provider no longer honours the refresh token
 * - `ERR_LOGIN_DENIED`: the person, or the provider's policy, said no (`access_denied`)
 * - `ERR_LOGIN_EXPIRED`: the device code ran out before it was confirmed (`expired_token`)
 * - `ERR_PROVIDER_UNREACHABLE`: network, timeout or 5xx; the login itself may still be good
 * - `ERR_PROVIDER_REFUSED`: the provider answered, but not with what was asked for
 * - `ERR_STORE_ABSENT`: this machine has no OS keychain that can be used
 * - `ERR_STORE_LOCKED`: there is a keychain, and it is locked
 * - `ERR_STORE_FAILED`: the token store did not do what it should
 * - `ERR_SOURCE_FAILED`: a file, variable, key or command that the profile names does not give what it should
 * - `ERR_ABORTED`: the caller's signal
 */
export type CredentialErrorCode =
  | 'ERR_LOGIN_NEEDED'
  | 'ERR_LOGIN_DENIED'
  | 'ERR_LOGIN_EXPIRED'
  | 'ERR_PROVIDER_UNREACHABLE'
  | 'ERR_PROVIDER_REFUSED'
  | 'ERR_STORE_ABSENT'
  | 'ERR_STORE_LOCKED'
  | 'ERR_STORE_FAILED'
  | 'ERR_SOURCE_FAILED'
  | 'ERR_ABORTED';

export interface CredentialErrorOptions {
  /** What to type or do next, one sentence. */
  hint?: string;
  /** The provider asked not to be asked again before so many ms (RFC 9110 section 10.2.3). */
  retryAfterMs?: number;
  /** Already stripped: nothing from a provider's answer or a store's content may hang here. */
  cause?: unknown;
}

/** Every failure of this package. Neither the message, the hint, the cause nor the stack ever holds a token. */
export class CredentialError extends Error {
  readonly code: CredentialErrorCode;
  readonly hint?: string;
  readonly retryAfterMs?: number;

  constructor(code: CredentialErrorCode, message: string, options: CredentialErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'CredentialError';
    this.code = code;
    if (options.hint !== undefined) this.hint = options.hint;
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs;
  }
}
