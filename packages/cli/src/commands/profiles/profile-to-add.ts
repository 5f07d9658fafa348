import { resolve } from 'node:path';
import { type Config, ConfigError, draftProfile, type NewProfile, type Profile } from '@gprxy/sidecar';
import { type CliError, usageError } from '../../cli-error.ts';
import { definedOnly } from '../../defined-only.ts';
import type { AddProfileOptions } from './add-profile-command.ts';
import { flagOf, presetSettings, providerPresets } from './provider-presets.ts';

/** The profile that the options describe, in the words of the file. Throws CliError for what is missing. */
export function profileToAdd(options: AddProfileOptions): NewProfile {
  const { provider, name, scope, caFile, clientSecretFile } = options;
  const { audience, resource, issuer, clientId, upstream, login, user, listen } = options;
  const given = definedOnly({ audience, resource, issuer, clientId, upstream, login, user, listen, scopes: scope });
  const { redirectUri, ...preset } = presetSettings(options);
  const keys = definedOnly({
    redirect_uri: options.redirectUri ?? redirectUri,
    client_secret_file: fileFromHere(clientSecretFile),
    login_on_connect: options.loginOnConnect,
  });
  const described = {
    ...preset,
    ...given,
    ...definedOnly({ caFile: fileFromHere(caFile) }),
    ...(Object.keys(keys).length > 0 && { keys }),
    name,
  };
  requireGiven(described, provider);
  return described;
}

type Described = { readonly name: string } & Partial<NewProfile>;

function requireGiven(described: Described, provider: AddProfileOptions['provider']): asserts described is NewProfile {
  const missing = (['issuer', 'clientId', 'upstream'] as const).filter((key) => described[key] === undefined);
  if (missing.length === 0) return;
  const how =
    provider === undefined
      ? '--issuer https://login.corp.example --client-id gprxy-cli --upstream postgresql://GATEWAY:6432'
      : `--provider ${provider} ${providerPresets[provider].example}`;
  throw usageError(
    `a profile needs ${missing.map(flagOf).join(' and ')}`,
    `Run "gprxy profiles add ${described.name} ${how}".`,
  );
}

/** Names on the command line count from here; in the file they would count from the file. */
function fileFromHere<T extends string | undefined>(file: T): T | string {
  return file === undefined || file.startsWith('~/') ? file : resolve(file);
}

/** What the file will say, with its defaults. Throws CliError where it would not load. */
export function draftOf(profile: NewProfile, config: Config): Profile {
  try {
    return draftProfile(config.path, profile);
  } catch (error) {
    throw error instanceof ConfigError ? asUsageError(error) : error;
  }
}

/** It is the command line that is wrong; there is no line in the file yet. */
function asUsageError(error: ConfigError): CliError {
  const problem = error.message
    .slice(error.message.indexOf(': ', error.path.length) + 2)
    .replace('nothing was saved: ', '');
  return usageError(`the profile would not load: ${problem}`, 'Run "gprxy profiles add --help".');
}
