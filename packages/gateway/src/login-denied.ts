import { GprxyError, SqlState } from '@gprxy/proxy-core';
import type { TokenProblem } from './token-rejected.ts';

/** Why somebody is not let in. The words go into audit records: they stay as they are. */
export type DenialReason =
  | TokenProblem
  | 'plaintext'
  | 'no_password'
  | 'no_token'
  | 'keys_unavailable'
  | 'claims_malformed'
  | 'name_missing'
  | 'email_unverified'
  | 'groups_missing'
  | 'groups_overage'
  | 'no_rule'
  | 'role_claim_missing'
  | 'role_invalid'
  | 'role_privileged'
  | 'user_mismatch'
  | 'database_unknown'
  | 'startup_parameter'
  | 'startup_too_large'
  | 'backend_refused'
  | 'audit_failed';

export interface LoginDeniedOptions {
  readonly sqlState?: string;
  readonly code?: `ERR_${string}`;
  readonly clientMessage?: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly cause?: unknown;
  readonly owner?: LoginOwner | undefined;
}

/** Who was denied, as far as the token proved it. */
export interface LoginOwner {
  readonly issuer: string;
  readonly subject?: string | undefined;
  readonly email?: string | undefined;
  readonly role?: string | undefined;
}

/** `message` is for log and audit, and may say more than the client is told. */
export class LoginDenied extends GprxyError {
  readonly reason: DenialReason;
  /** For the audit record. */
  owner: LoginOwner | undefined;

  constructor(reason: DenialReason, message: string, options: LoginDeniedOptions = {}) {
    super(message, { code: 'ERR_LOGIN_DENIED', sqlState: SqlState.InvalidAuthorization, ...options });
    this.reason = reason;
    this.owner = options.owner;
  }

  /** The same denial, of somebody; what is known already stays. */
  of(owner: LoginOwner): this {
    this.owner ??= owner;
    return this;
  }
}

/**
 * One answer for everybody who proved who he is and may not come in: whether a rule is missing, the role does not exist,
 * may not log in or is not let in by pg_hba.conf, is for the audit log alone.
 */
export function notAllowed(
  reason: DenialReason,
  message: string,
  login: { readonly user: string; readonly database: string },
  cause?: unknown,
): LoginDenied {
  return new LoginDenied(reason, message, {
    clientMessage: `"${login.user}" is not allowed to connect to database "${login.database}"`,
    detail: 'The access token is valid, but it opens no role in this database.',
    hint: "Ask the gateway's administrator: the reason is in its audit log.",
    cause,
  });
}
