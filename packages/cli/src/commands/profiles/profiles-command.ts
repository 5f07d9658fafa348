import type { Command } from 'commander';
import { jsonOption } from '../../command-options.ts';
import { withExamples } from '../../examples.ts';
import { type AddProfileOptions, defineAddProfile } from './add-profile-command.ts';

export interface ListProfilesOptions {
  readonly json?: true;
}

export interface ShowProfileOptions {
  /** Left out: the one that other commands would use. */
  readonly name?: string;
  readonly json?: true;
}

export interface RemoveProfileOptions {
  readonly name: string;
  /** Leave its login in the store. */
  readonly keepLogin?: true;
  /** False: only forget the login here. */
  readonly revoke: boolean;
}

export interface ProfileCalls {
  profilesList(options: ListProfilesOptions): Promise<void>;
  profilesShow(options: ShowProfileOptions): Promise<void>;
  profilesAdd(options: AddProfileOptions): Promise<void>;
  profilesUse(name: string): Promise<void>;
  profilesRemove(options: RemoveProfileOptions): Promise<void>;
}

const described =
  'A profile is a named set of identity provider, upstream and listen address in config.toml. ' +
  'Commands use --profile, else GPRXY_PROFILE, else default_profile, else the only one there is.';

export function defineProfiles(program: Command, calls: ProfileCalls): void {
  const profiles = program
    .command('profiles')
    .summary('list, show, add, choose and remove profiles')
    .description(described);
  withExamples(profiles, [
    'gprxy profiles list',
    '# describe a provider once, then sign in',
    'gprxy profiles add prod --provider okta --domain corp.okta.com --client-id 0oa1b2c3 --upstream postgresql://gw.corp.example:6432',
    'gprxy profiles use prod',
  ]);
  defineList(profiles, calls);
  defineShow(profiles, calls);
  defineAddProfile(profiles, calls.profilesAdd);
  defineUse(profiles, calls);
  defineRemove(profiles, calls);
}

function defineList(profiles: Command, calls: ProfileCalls): void {
  const list = profiles
    .command('list')
    .summary('which profiles there are')
    .description('Which profiles there are, which is the default, and what is wrong with those that cannot be used.')
    .addOption(jsonOption())
    .action((options: ListProfilesOptions) => calls.profilesList(options));
  withExamples(list, ['gprxy profiles list', 'gprxy profiles list --json']);
}

function defineShow(profiles: Command, calls: ProfileCalls): void {
  const show = profiles
    .command('show')
    .summary('every setting of a profile, and where it comes from')
    .description(
      'Every setting that is in force for a profile, and whether it comes from the file (with its line) or is the default. ' +
        'No secret is shown.',
    )
    .argument('[name]', 'which profile; the one that other commands use when left out')
    .addOption(jsonOption())
    .action((name: string | undefined, options: ShowProfileOptions) =>
      calls.profilesShow({ ...options, ...(name !== undefined && { name }) }),
    );
  withExamples(show, ['gprxy profiles show', 'gprxy profiles show prod --json']);
}

function defineUse(profiles: Command, calls: ProfileCalls): void {
  const use = profiles
    .command('use')
    .summary('make a profile the default')
    .description(
      'Make a profile the default: default_profile in config.toml. GPRXY_PROFILE and --profile still come first.',
    )
    .argument('<name>', 'which profile')
    .action((name: string) => calls.profilesUse(name));
  withExamples(use, ['gprxy profiles use prod', '# for one shell only', 'GPRXY_PROFILE=staging gprxy psql']);
}

function defineRemove(profiles: Command, calls: ProfileCalls): void {
  const remove = profiles
    .command('remove')
    .summary('take a profile out of the file, and forget its login')
    .description(
      'Forget the login of a profile, here and at the identity provider, and take the profile out of config.toml. ' +
        'The rest of the file stays as it is, comments included.',
    )
    .argument('<name>', 'which profile')
    .option('--keep-login', 'leave its login in the store')
    .option('--no-revoke', 'forget the login here only')
    .action((name: string, options: Omit<RemoveProfileOptions, 'name'>) => calls.profilesRemove({ name, ...options }));
  withExamples(remove, [
    'gprxy profiles remove staging',
    '# the keychain is locked, or the login is to stay',
    'gprxy profiles remove staging --keep-login',
  ]);
}
