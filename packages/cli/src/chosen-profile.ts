import { type Config, loadConfig, type Profile, selectProfile } from '@gprxy/sidecar';
import { configInput } from './config-input.ts';
import type { Dependencies } from './dependencies.ts';

/** The profile a command is about: `--profile`, `GPRXY_PROFILE`, `default_profile`, or the only one there is. Throws ConfigError. */
export async function chosenProfile(name: string | undefined, dependencies: Dependencies): Promise<Profile> {
  return selectProfile(await loadConfig(configInput(dependencies)), name);
}

/** The profiles named, else all that can be used. */
export function chosenProfiles(config: Config, names: readonly string[] | undefined): readonly Profile[] {
  return names === undefined ? [...config.profiles.values()] : names.map((name) => selectProfile(config, name));
}
