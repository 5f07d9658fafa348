/** What a person needs to see to sign in. */
export type LoginPrompt = DevicePrompt | BrowserPrompt;

interface AnyPrompt {
  /** As discovery verified it. */
  issuer: string;
  clientId: string;
  /** Epoch ms, wall clock. */
  expiresAt: number;
  /** Why this flow and not the other, to be read after "because"; absent where the caller chose. */
  why?: string;
  /** The process that began the login, where it is not this one. */
  begunBy?: number;
  /** The process whose login this one had joined, and which is gone or was interrupted. */
  insteadOf?: number;
}

/** Something to confirm elsewhere (RFC 8628 section 3.3). */
export interface DevicePrompt extends AnyPrompt {
  kind: 'device';
  verificationUri: string;
  verificationUriComplete?: string;
  userCode: string;
}

/** A page to open in a browser of this machine, to which the provider then sends it back (RFC 8252). */
export interface BrowserPrompt extends AnyPrompt {
  kind: 'browser';
  url: string;
  redirectUri: string;
}
