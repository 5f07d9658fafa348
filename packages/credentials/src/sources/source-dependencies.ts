import type { CredentialDependencies } from '../dependencies.ts';

/** What a source that is not a login needs of the outside world. */
export interface SourceDependencies extends CredentialDependencies {
  /** Read anew for each token. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Name of the profile, for messages and for the commands that are run. */
  readonly profile: string;
}
