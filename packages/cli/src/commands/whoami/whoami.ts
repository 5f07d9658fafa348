import type { StoredLogin } from '@gprxy/credentials';
import { loadConfig, type Profile } from '@gprxy/sidecar';
import { chosenProfile } from '../../chosen-profile.ts';
import { CliError } from '../../cli-error.ts';
import { configInput } from '../../config-input.ts';
import type { Dependencies } from '../../dependencies.ts';
import { profileLogin } from '../../profile-login.ts';
import { print, printJson } from '../../say.ts';
import { failureFields, type KnownLogin, loginFields } from './login-fields.ts';
import { failureLines, loginLines } from './login-lines.ts';
import type { WhoamiOptions } from './whoami-command.ts';

/** Tells from the store alone: the identity provider is not asked, so this works offline and renews nothing. */
export async function whoami(options: WhoamiOptions, dependencies: Dependencies): Promise<void> {
  if (options.all) return tellAll(options, dependencies);
  const login = await knownLogin(await chosenProfile(options.profile, dependencies), dependencies);
  if (options.json) printJson(dependencies, loginFields(login, dependencies.now()));
  else print(dependencies, ...loginLines(login, dependencies));
}

/** A profile whose login cannot be told says why in its place; the others are told all the same. */
async function tellAll({ json }: WhoamiOptions, dependencies: Dependencies): Promise<void> {
  const { profiles } = await loadConfig(configInput(dependencies));
  const people = [...profiles.values()].filter(({ credential }) => credential.kind === 'oidc');
  const found = people.map((profile) => knownLogin(profile, dependencies));
  const outcomes = (await Promise.allSettled(found)).map((outcome, index) => ({
    profile: people[index] as Profile,
    ...outcome,
  }));
  const now = dependencies.now();
  if (json) {
    const told = outcomes.map((outcome) =>
      outcome.status === 'fulfilled' ? loginFields(outcome.value, now) : failureFields(outcome.profile, outcome.reason),
    );
    return printJson(dependencies, { profiles: told });
  }
  for (const [index, outcome] of outcomes.entries()) {
    if (index > 0) print(dependencies, '');
    const isKnown = outcome.status === 'fulfilled';
    const lines = isKnown ? loginLines(outcome.value, dependencies) : failureLines(outcome.profile, outcome.reason);
    print(dependencies, ...lines);
  }
}

async function knownLogin(profile: Profile, dependencies: Dependencies): Promise<KnownLogin> {
  const { store, account } = await profileLogin(profile, dependencies);
  const stored: StoredLogin | undefined = await store.read(account);
  if (stored === undefined) throw nobodySignedIn(profile);
  return { profile, storeKind: store.kind, stored };
}

function nobodySignedIn(profile: Profile): CliError {
  return new CliError(`nobody is signed in (profile "${profile.name}")`, {
    code: 'ERR_LOGIN_NEEDED',
    hint: `Run "gprxy login --profile ${profile.name}".`,
  });
}
