import { type Config, loadConfig, type Profile, removeProfile as removeFromFile, selectProfile } from '@gprxy/sidecar';
import { CliError } from '../../cli-error.ts';
import { configInput } from '../../config-input.ts';
import type { Dependencies } from '../../dependencies.ts';
import { profileLogin } from '../../profile-login.ts';
import { say } from '../../say.ts';
import { writeStoreChoice } from '../../store-choice.ts';
import { sayWarning } from '../logout/say-warning.ts';
import type { RemoveProfileOptions } from './profiles-command.ts';
import { sayReload } from './say-reload.ts';

/** The login goes first: once the profile is gone, nobody knows any more where to revoke it. */
export async function removeProfile(options: RemoveProfileOptions, dependencies: Dependencies): Promise<void> {
  const { name } = options;
  const config = await loadConfig(configInput(dependencies));
  const profile = usableProfile(name, config);
  if (profile === undefined)
    say(dependencies, 'gprxy: warning: the profile cannot be used, so its login was not looked for.');
  else if (profile.credential.kind === 'oidc' && !options.keepLogin) await leave(profile, options, dependencies);
  await removeFromFile(config.path, name);
  say(dependencies, `Removed profile "${name}" from ${config.path}.`, ...nextSteps(name, config));
  await sayReload(dependencies);
}

/** Undefined: it is there, and broken. Throws ConfigError where there is none of that name. */
function usableProfile(name: string, config: Config): Profile | undefined {
  return config.problems.has(name) ? undefined : selectProfile(config, name);
}

async function leave(profile: Profile, options: RemoveProfileOptions, dependencies: Dependencies): Promise<void> {
  const credentials = await dependencies.credentials();
  const place = await profileLogin(profile, dependencies);
  const { signal } = dependencies.interrupts;
  const result = await credentials.logout({ ...place, revoke: options.revoke, signal }).catch((error: unknown) => {
    throw loginStays(profile.name, error as Error);
  });
  await writeStoreChoice(profile.name, 'keychain', dependencies);
  if (!result.removed) return;
  say(
    dependencies,
    `Signed out of profile "${profile.name}"${result.revoked ? ', and the identity provider knows it' : ''}.`,
  );
  sayWarning(result, dependencies);
}

function loginStays(name: string, cause: Error): Error {
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  if (!code.startsWith('ERR_STORE_')) return cause;
  return new CliError(`profile "${name}" stays, because its login could not be taken out of the store`, {
    code: code as `ERR_${string}`,
    detail: cause.message,
    hint: `Run "gprxy profiles remove ${name} --keep-login" to leave the login where it is.`,
    cause,
  });
}

function nextSteps(name: string, { defaultProfile, profiles }: Config): readonly string[] {
  const others = [...profiles.keys()].filter((other) => other !== name);
  if (defaultProfile !== name || others.length === 0) return [];
  if (others.length === 1) return [`It was the default; now "${others[0]}" is, being the only one.`];
  return [`It was the default. Next: gprxy profiles use ${others[0]}`];
}
