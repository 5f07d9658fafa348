import {
  type Config,
  ConfigError,
  loadConfig,
  type NewProfile,
  type Profile,
  previewProfile,
  saveProfile,
  selectProfile,
} from '@gprxy/sidecar';
import { CliError, usageError } from '../../cli-error.ts';
import { configInput } from '../../config-input.ts';
import type { Dependencies } from '../../dependencies.ts';
import { requireLogin } from '../../profile-login.ts';
import { say } from '../../say.ts';
import type { LoginOptions } from './login-command.ts';

const example = '--issuer URL --client-id ID --upstream postgresql://GATEWAY:6432';

export interface ProfileToSignInTo {
  readonly profile: Profile;
  /** It was made by this command, and is in the file already. */
  readonly isNew?: true;
  /** What the login has to succeed with before it is in the file. */
  readonly change?: { readonly path: string; save(): Promise<void> };
}

/**
 * The profile in the file, first made there when the options describe a new one: whoever tries again need not type all of it again. One
 * that is there is changed only by a login that succeeds with the change.
 */
export async function profileToSignInTo(options: LoginOptions, dependencies: Dependencies): Promise<ProfileToSignInTo> {
  const input = configInput(dependencies);
  const config = await loadConfig(input);
  if (!describesProfile(options)) {
    if (!config.exists && options.profile === undefined) throw nothingConfigured(config);
    return { profile: selectProfile(config, options.profile) };
  }
  const described = describedProfile(options, config);
  const save = async () => {
    await saveProfile(config.path, described).catch(rethrowUnsaved);
    say(dependencies, `Saved profile "${described.name}" in ${config.path}.`);
  };
  if (config.profiles.has(described.name)) {
    const changed = await previewProfile(input, described).catch(rethrowUnsaved);
    return { profile: selectProfile(changed, described.name), change: { path: config.path, save } };
  }
  await save();
  return { profile: selectProfile(await loadConfig(input), described.name), isNew: true };
}

function describesProfile({ profile, device, browser, open, insecureStorage, ...description }: LoginOptions): boolean {
  return Object.values(description).some((value) => value !== undefined);
}

/** The options in the words of the file. A new profile must say who, as whom and where to; an existing one keeps what is not said. */
function describedProfile(options: LoginOptions, config: Config): NewProfile {
  const name = options.profile ?? config.defaultProfile ?? onlyName(config) ?? 'default';
  const existing = config.profiles.get(name);
  const provider = existing && requireLogin(existing);
  const issuer = options.issuer ?? provider?.issuer;
  const clientId = options.clientId ?? provider?.clientId;
  const upstream = options.upstream ?? existing?.upstream;
  if (!issuer || !clientId || !upstream) throw incompleteProfile(name, { issuer, clientId, upstream });
  const { audience, resource, caFile, scope: scopes, user, listen } = options;
  return withoutUndefined({ name, issuer, clientId, upstream, audience, resource, caFile, scopes, user, listen });
}

function onlyName(config: Config): string | undefined {
  return config.profiles.size === 1 ? [...config.profiles.keys()][0] : undefined;
}

function nothingConfigured(config: Config): CliError {
  return new CliError('there is no profile to sign in to yet', {
    code: 'ERR_CONFIG_MISSING',
    detail: `${config.path} does not exist.`,
    hint: `Run "gprxy login ${example}".`,
  });
}

function incompleteProfile(
  name: string,
  given: Record<'issuer' | 'clientId' | 'upstream', string | undefined>,
): CliError {
  const missing = [
    given.issuer ? [] : '--issuer URL',
    given.clientId ? [] : '--client-id ID',
    given.upstream ? [] : '--upstream DSN',
  ].flat();
  return usageError(
    `profile "${name}" is new and needs ${missing.join(' and ')}`,
    `Run "gprxy login --profile ${name} ${example}".`,
  );
}

/** The command line is wrong, and not the line that the error names, which was never written; unless the system refused the file. */
function rethrowUnsaved(error: unknown): never {
  if (!(error instanceof ConfigError) || isOfTheSystem(error)) throw error;
  throw usageError(`nothing was saved: ${error.problem}`, 'Run "gprxy login --help".');
}

function isOfTheSystem({ cause }: ConfigError): boolean {
  return cause instanceof Error && 'syscall' in cause;
}

type Defined<T> = { [Key in keyof T]: Exclude<T[Key], undefined> };

function withoutUndefined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;
}
