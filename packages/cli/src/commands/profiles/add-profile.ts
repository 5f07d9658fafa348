import { loadConfig, type NewProfile, replaceProfile, saveProfile } from '@gprxy/sidecar';
import { usageError } from '../../cli-error.ts';
import { configInput } from '../../config-input.ts';
import type { Dependencies } from '../../dependencies.ts';
import type { AddProfileOptions } from './add-profile-command.ts';
import { checkProvider } from './check-provider.ts';
import { checkUpstream } from './check-upstream.ts';
import { draftOf, profileToAdd } from './profile-to-add.ts';
import { type AddedProfile, printAdded, sayAdded } from './say-added.ts';
import { sayReload } from './say-reload.ts';

/** Checks first and saves last: a profile that is in the file is one that was found to be good, or was not to be checked. */
export async function addProfile(options: AddProfileOptions, dependencies: Dependencies): Promise<void> {
  const config = await loadConfig(configInput(dependencies));
  const profile = profileToAdd(options);
  const exists = config.profiles.has(profile.name) || config.problems.has(profile.name);
  if (exists && !options.force) throw alreadyThere(profile.name, config.path);
  const draft = draftOf(profile, config);
  await checkUpstream(draft, dependencies);
  const findings = options.check ? await checkProvider(draft, dependencies) : undefined;
  const saved: NewProfile = findings ? { ...profile, issuer: findings.description.issuer } : profile;
  await (exists ? replaceProfile : saveProfile)(config.path, saved);
  const { defaultProfile, path } = await loadConfig(configInput(dependencies));
  const added: AddedProfile = { profile: draft, path, exists, isDefault: defaultProfile === draft.name, findings };
  sayAdded(added, dependencies);
  await sayReload(dependencies);
  if (options.json) printAdded(added, dependencies);
}

function alreadyThere(name: string, path: string): Error {
  return usageError(
    `there is a profile "${name}" in ${path} already`,
    'Choose another name, or replace it with --force. "gprxy profiles show" tells what it has.',
  );
}
