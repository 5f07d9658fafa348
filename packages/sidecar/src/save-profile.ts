/** A profile as a person would write it into the file. Keys left out take the defaults of config.ts. */
export interface NewProfile {
  readonly name: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly upstream: string;
  readonly audience?: string;
  readonly resource?: string;
  readonly scopes?: readonly string[];
  readonly caFile?: string;
  /** As in the file: `"127.0.0.1:5433"`, `"unix"`, `"unix:/directory"`. */
  readonly listen?: string | readonly string[];
  readonly localAuth?: string;
  readonly user?: string;
}

/**
 * Adds `[profiles.NAME]` to the file, or replaces the keys given in the one that is there; everything else in the file, comments
 * included, stays as it is. The first profile becomes `default_profile`. The file is replaced atomically, mode 0600, in a 0700 directory.
 * Rejects with ConfigError, and leaves the file alone, if the result would not load.
 */
export function saveProfile(_path: string, _profile: NewProfile): Promise<void> {
  throw new Error('not written yet');
}
