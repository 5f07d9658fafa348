import {
  type Config,
  ConfigError,
  loadConfig,
  type NewProfile,
  type Profile,
  saveProfile,
  selectProfile,
} from '@gprxy/sidecar';
import { CliError, usageError } from '../../cli-error.ts';
import { configInput } from '../../config-input.ts';
import type { Dependencies } from '../../dependencies.ts';
import { requireLogin } from '../../profile-login.ts';
import { say } from '../../say.ts';
import type { LoginOptions } from './login-command.ts';

const example = 'gprxy login --issuer URL --client-id ID --upstream postgresql://GATEWAY:6432';

/** The profile in the file, first made or changed there when the options describe it. */
export async function profileToSignInTo(options: LoginOptions, dependencies: Dependencies): Promise<Profile> {
  const input = configInput(dependencies);
  const config = await loadConfig(input);
  if (!describesProfile(options)) {
    if (!config.exists && options.profile === undefined) throw nothingConfigured(config);
    return selectProfile(config, options.profile);
  }
  const described = describedProfile(options, config);
  await saveProfile(config.path, described).catch((error: unknown) => {
    throw error instanceof ConfigError && !isOfTheSystem(error) ? notSaved(error) : error;
  });
  say(dependencies, `Saved profile "${described.name}" in ${config.path}.`);
  return selectProfile(await loadConfig(input), described.name);
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
    hint: `Run "${example}".`,
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
  return usageError(`profile "${name}" is new and needs ${missing.join(' and ')}`, `Run "${example}".`);
}

/** The file could not be read or written, whatever the command line says. */
function isOfTheSystem({ cause }: ConfigError): boolean {
  return cause instanceof Error && 'syscall' in cause;
}

/** It is the command line that is wrong: the line of the file that the error names was never written. */
function notSaved({ problem }: ConfigError): CliError {
  return usageError(`nothing was saved: ${problem}`, 'Run "gprxy login --help".');
}

type Defined<T> = { [Key in keyof T]: Exclude<T[Key], undefined> };

function withoutUndefined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;
}
