import { loadConfig, type ProfilesRead, selectProfile } from '@gprxy/sidecar';
import { chosenProfiles } from '../../chosen-profile.ts';
import { CliError } from '../../cli-error.ts';
import { configInput } from '../../config-input.ts';
import type { Dependencies } from '../../dependencies.ts';

/** What the configuration says now, of the profiles named or of all. Rejects when there is nothing in it to serve. */
export async function profilesToServe(
  names: readonly string[] | undefined,
  dependencies: Dependencies,
): Promise<ProfilesRead> {
  const config = await loadConfig(configInput(dependencies));
  const profiles = chosenProfiles(config, names).filter(({ listen }) => listen.length > 0);
  const problems = Array.from(config.problems)
    .filter(([profile]) => names === undefined || names.includes(profile))
    .map(([profile, { message, hint }]) => ({ profile, message, ...(hint !== undefined && { hint }) }));
  if (profiles.length > 0) return { profiles, problems, sidecar: config.sidecar };
  const [first] = config.problems.values();
  if (first !== undefined) throw first;
  // That there is none at all is told there, with how to make one.
  if (config.profiles.size === 0) selectProfile(config);
  throw new CliError('no profile has a "listen", so there is nothing to start', {
    code: 'ERR_CONFIG_LISTEN',
    detail: `Configuration: ${config.path}`,
    hint: 'Add listen = "127.0.0.1:5433" to a profile there, or run "gprxy login --help" to make one.',
  });
}
