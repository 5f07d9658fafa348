import type { LoginEnd } from './login-end.ts';

/** Who the token speaks for. For display and for choosing the user name; only the gateway verifies it. */
export interface Identity {
  /** Absent, like everything else here, where a token is opaque and its source knows no more. */
  issuer?: string;
  subject?: string;
  email?: string;
  name?: string;
  /** Of the access token when it is a JWT (decoded, not verified), else of the ID token, else none. */
  claims: Readonly<Record<string, unknown>>;
}

/** The `expiresAt` of what does not expire: a password. */
export const neverExpires = Date.UTC(9999, 11, 31);

export interface AccessToken {
  token: string;
  /** Epoch ms, wall clock. */
  expiresAt: number;
  identity: Identity;
  /** Of the login behind it, where that is known. */
  loginEnd?: LoginEnd;
}

export interface TokenOptions {
  /**
   * The token must live at least this long. Without it 60 s are wanted, but while the provider is unreachable
   * a token that is still valid for 10 s is handed out rather than none.
   */
  minTtlMs?: number;
  /**
   * For programs that stay, and without `minTtlMs`: a token that is still valid for 10 s is handed out after so many ms of waiting for the
   * next one, which goes on in the background.
   */
  patienceMs?: number;
  /** Called when the token waits for a person: another process has a login under way. Only the signal ends that wait. */
  onLoginUnderWay?: () => void;
  /** False: a login under way is not waited for. */
  joinsLogin?: boolean;
}

/** A valid token now. All that sidecar and CLI know of credentials. */
export interface TokenSource {
  /** @throws CredentialError; with `ERR_ABORTED` as soon as the signal aborts. */
  getToken(signal: AbortSignal, options?: TokenOptions): Promise<AccessToken>;
}
