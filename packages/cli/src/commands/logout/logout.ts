import { loadConfig, type Profile } from '@gprxy/sidecar';
import { chosenProfile } from '../../chosen-profile.ts';
import { configInput } from '../../config-input.ts';
import type { Dependencies } from '../../dependencies.ts';
import { profileLogin } from '../../profile-login.ts';
import { say } from '../../say.ts';
import type { LogoutOptions } from './logout-command.ts';

export async function logout(options: LogoutOptions, dependencies: Dependencies): Promise<void> {
  for (const profile of await profilesToLeave(options, dependencies)) {
    await leave(profile, options.revoke, dependencies);
  }
}

async function profilesToLeave(options: LogoutOptions, dependencies: Dependencies): Promise<readonly Profile[]> {
  if (!options.all) return [await chosenProfile(options.profile, dependencies)];
  const { profiles } = await loadConfig(configInput(dependencies));
  return [...profiles.values()].filter(({ credential }) => credential.kind === 'oidc');
}

async function leave(profile: Profile, revoke: boolean, dependencies: Dependencies): Promise<void> {
  const credentials = await dependencies.credentials();
  const place = await profileLogin(profile, dependencies);
  const result = await credentials.logout({ ...place, revoke, signal: dependencies.interrupts.signal });
  if (!result.removed) return say(dependencies, `Nobody was signed in (profile "${profile.name}").`);
  const revoked = result.revoked ? ', and the identity provider knows it' : '';
  say(dependencies, `Signed out of profile "${profile.name}"${revoked}.`);
  if (result.warning !== undefined) say(dependencies, `gprxy: warning: ${result.warning}`);
}
