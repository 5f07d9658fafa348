import type { ConfigError } from './config-error.ts';
import type { PathsInput } from './paths.ts';
import type { Profile } from './profile.ts';

export interface ConfigInput extends PathsInput {
  /** Reads a file as UTF-8 text; rejects with `code: 'ENOENT'` where there is none. */
  readFile(path: string): Promise<string>;
}

export interface Config {
  readonly path: string;
  /** False when there is no file yet; then `profiles` is empty. */
  readonly exists: boolean;
  readonly defaultProfile?: string;
  readonly profiles: ReadonlyMap<string, Profile>;
  /** Profiles that are in the file but cannot be used, by name. They do not stop the others. */
  readonly problems: ReadonlyMap<string, ConfigError>;
}

/**
 * Reads and checks the configuration file. Rejects with ConfigError for what concerns the whole file (TOML syntax, unknown
 * top-level keys); what concerns one profile is in `problems`.
 */
export function loadConfig(_input: ConfigInput): Promise<Config> {
  throw new Error('not written yet');
}

/** The profile called `name`, else `default_profile`, else the only one there is. Throws ConfigError. */
export function selectProfile(_config: Config, _name?: string): Profile {
  throw new Error('not written yet');
}
