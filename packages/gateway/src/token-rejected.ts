/** Why a token is not accepted. The words go into audit records: they stay as they are. */
export type TokenProblem =
  | 'token_malformed'
  | 'token_too_large'
  | 'token_header'
  | 'token_type'
  | 'token_algorithm'
  | 'token_issuer'
  | 'token_key'
  | 'token_signature'
  | 'token_audience'
  | 'token_expired'
  | 'token_not_yet_valid'
  | 'token_claims'
  | 'token_not_an_access_token'
  | 'token_client'
  | 'token_scope';

/** Whose token it is. Only known of tokens whose signature is good. */
export interface TokenOwner {
  readonly issuer: string;
  readonly subject?: string;
}

/** A token that proves nothing. `message` is for the person whose token it is: it quotes nothing of the token. */
export class TokenRejected extends Error {
  readonly problem: TokenProblem;
  readonly owner: TokenOwner | undefined;

  constructor(problem: TokenProblem, message: string, options: { owner?: TokenOwner; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'TokenRejected';
    this.problem = problem;
    this.owner = options.owner;
  }
}

/** Nothing can be said about a token now: the keys of its issuer are not to be had. */
export class KeysUnavailable extends Error {
  readonly issuer: string;

  constructor(issuer: string, cause?: unknown) {
    super(`the keys of ${issuer} are not available`, { cause });
    this.name = 'KeysUnavailable';
    this.issuer = issuer;
  }
}
