import { loadConfig, type Profile, paths } from '@gprxy/sidecar';
import { chosenProfile } from '../../chosen-profile.ts';
import { CliError } from '../../cli-error.ts';
import { configInput } from '../../config-input.ts';
import type { Dependencies } from '../../dependencies.ts';
import { profileLogin } from '../../profile-login.ts';
import { reportError } from '../../report-error.ts';
import { say } from '../../say.ts';
import type { LogoutOptions } from './logout-command.ts';
import { sayWarning } from './say-warning.ts';

export async function logout(options: LogoutOptions, dependencies: Dependencies): Promise<void> {
  if (options.all) return leaveAll(options.revoke, dependencies);
  await leave(await chosenProfile(options.profile, dependencies), options.revoke, dependencies);
}

/** One that cannot be left, a locked keychain for instance, does not keep the person signed in to the others. */
async function leaveAll(revoke: boolean, dependencies: Dependencies): Promise<void> {
  const { profiles, problems } = await loadConfig(configInput(dependencies));
  const people = [...profiles.values()].filter(({ credential }) => credential.kind === 'oidc');
  const failures = [...problems.values()] as Error[];
  for (const problem of failures) await reportError(problem, dependencies);
  for (const profile of people) {
    try {
      await leave(profile, revoke, dependencies);
    } catch (error) {
      if (dependencies.interrupts.signal.aborted) throw error;
      failures.push(error as Error);
      say(dependencies, `Still signed in to profile "${profile.name}":`);
      await reportError(error, dependencies);
    }
  }
  if (failures.length > 0) throw notAll(failures, people.length + problems.size);
}

function notAll(failures: readonly Error[], count: number): CliError {
  const { code = 'ERR_UNEXPECTED' } = failures[0] as Error & { code?: `ERR_${string}` };
  return new CliError(`${failures.length} of ${count} profiles may still be signed in`, {
    code,
    hint: 'Mend what is said above, then run "gprxy logout --all" again.',
  });
}

async function leave(profile: Profile, revoke: boolean, dependencies: Dependencies): Promise<void> {
  const credentials = await dependencies.credentials();
  const place = await profileLogin(profile, dependencies);
  const result = await credentials.logout({ ...place, revoke, signal: dependencies.interrupts.signal });
  if (!result.removed) return say(dependencies, `Nobody was signed in (profile "${profile.name}").`);
  const revoked = result.revoked ? ', and the identity provider knows it' : '';
  say(dependencies, `Signed out of profile "${profile.name}"${revoked}.`);
  sayWarning(result, dependencies);
  await tellSidecar(profile.name, dependencies);
}

/** Which would otherwise say of a token that nobody has any more when it ends, until the next client comes. */
async function tellSidecar(profile: string, dependencies: Dependencies): Promise<void> {
  const { requestControl } = await dependencies.sidecars();
  // Where none runs there is nobody to tell; and one that does not understand finds out by itself.
  await requestControl(paths(configInput(dependencies)).controlSocket, 'signed-out', { profile }).catch(() => {});
}
