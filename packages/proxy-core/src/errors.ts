import type { OAuthBearerError } from './sasl/oauthbearer-client.ts';
import type { ErrorFields } from './wire/error-response.ts';

/** The SQLSTATEs that gprxy itself sends (PostgreSQL documentation, appendix A), by PostgreSQL's names for them. */
export const SqlState = {
  CannotEstablish: '08001',
  ConnectionFailure: '08006',
  ProtocolViolation: '08P01',
  FeatureNotSupported: '0A000',
  CharacterNotInRepertoire: '22021',
  InvalidParameterValue: '22023',
  InvalidAuthorization: '28000',
  InvalidPassword: '28P01',
  InvalidCatalogName: '3D000',
  InsufficientPrivilege: '42501',
  SyntaxError: '42601',
  TooManyConnections: '53300',
  ConfigurationLimitExceeded: '53400',
  QueryCanceled: '57014',
  AdminShutdown: '57P01',
  CannotConnectNow: '57P03',
  InternalError: 'XX000',
} as const;
export type SqlState = (typeof SqlState)[keyof typeof SqlState];

export interface GprxyErrorOptions {
  /** Stable: programs and tests compare it, messages may change. */
  code: `ERR_${string}`;
  /** Five characters; default XX000 (internal error). */
  sqlState?: string;
  /** What the client is told; default: the message. */
  clientMessage?: string;
  detail?: string;
  /** The next thing to do, preferably a command. */
  hint?: string;
  cause?: unknown;
}

/**
 * An error that says apart what the log gets (`message`, `cause`) and what the client gets (`clientMessage`, `detail`,
 * `hint`, `sqlState`). Tokens, passwords, keys and SASL data enter none of them.
 */
export class GprxyError extends Error {
  readonly code: `ERR_${string}`;
  readonly sqlState: string;
  readonly clientMessage: string;
  readonly detail: string | undefined;
  readonly hint: string | undefined;

  constructor(message: string, options: GprxyErrorOptions) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = new.target.name;
    this.code = options.code;
    this.sqlState = options.sqlState ?? SqlState.InternalError;
    this.clientMessage = options.clientMessage ?? message;
    this.detail = options.detail;
    this.hint = options.hint;
  }
}

/** The peer broke the wire protocol. Nothing that it sends afterwards can be trusted: the connection ends. */
export class ProtocolError extends GprxyError {
  constructor(message: string, options: Partial<GprxyErrorOptions> = {}) {
    super(message, { code: 'ERR_PROTOCOL', sqlState: SqlState.ProtocolViolation, ...options });
  }
}

export interface UpstreamErrorOptions extends Partial<GprxyErrorOptions> {
  /** The server's own ErrorResponse: the client gets these fields as they are. */
  response?: ErrorFields;
  /** What it said of the token before it sent that response. */
  challenge?: OAuthBearerError;
}

/** The server could not be reached, or refused the login. */
export class UpstreamError extends GprxyError {
  readonly response: ErrorFields | undefined;
  readonly challenge: OAuthBearerError | undefined;

  constructor(message: string, { response, challenge, ...options }: UpstreamErrorOptions = {}) {
    super(message, {
      code: 'ERR_UPSTREAM',
      sqlState: response?.code ?? SqlState.ConnectionFailure,
      ...(response && { clientMessage: response.message }),
      ...options,
    });
    this.response = response;
    this.challenge = challenge;
  }
}
