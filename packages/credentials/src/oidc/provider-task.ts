import type { CredentialDependencies } from '../dependencies.ts';
import type { OidcSettings } from '../settings.ts';

/** One conversation with a provider: for whom, with what, until when. */
export interface ProviderTask {
  settings: OidcSettings;
  deps: CredentialDependencies;
  signal: AbortSignal;
  /** The profile's name, for the hints. */
  account?: string;
}

/** For each single request; a person or a waiting connection stands behind it. */
export const requestTimeoutSeconds = 10;
