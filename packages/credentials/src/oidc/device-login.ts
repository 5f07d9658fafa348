import type { CredentialDependencies } from '../dependencies.ts';
import type { OidcSettings } from '../settings.ts';
import type { StoredLogin } from '../store/stored-login.ts';

/** What a person needs to see to confirm the login elsewhere (RFC 8628 section 3.3). */
export interface DevicePrompt {
  verificationUri: string;
  verificationUriComplete?: string;
  userCode: string;
  /** Epoch ms, wall clock. */
  expiresAt: number;
  /** As discovery verified it. */
  issuer: string;
  clientId: string;
}

/** The device authorization grant (RFC 8628). Stores nothing; `login` does. */
export function loginWithDevice(
  _settings: OidcSettings,
  _deps: CredentialDependencies,
  _show: (prompt: DevicePrompt) => void,
  _signal: AbortSignal,
): Promise<StoredLogin> {
  throw new Error('not there yet');
}
