import { closestWord } from '@gprxy/proxy-core';
import { ConfigError } from './config-error.ts';
import { type ConfigPlace, type ParsedConfig, parseConfig } from './parse-config.ts';
import { type PathsInput, paths } from './paths.ts';
import type { Profile } from './profile.ts';

export interface ConfigInput extends PathsInput {
  /** Reads a file as UTF-8 text; rejects with `code: 'ENOENT'` where there is none. */
  readFile(path: string): Promise<string>;
}

export interface Config extends ParsedConfig {
  readonly path: string;
  /** False when there is no file yet; then `profiles` is empty. */
  readonly exists: boolean;
  readonly defaultProfile?: string;
  readonly profiles: ReadonlyMap<string, Profile>;
  /** Profiles that are in the file but cannot be used, by name. They do not stop the others. */
  readonly problems: ReadonlyMap<string, ConfigError>;
}

/**
 * Reads and checks the configuration file. Rejects with ConfigError for what concerns the whole file (unreadable, TOML syntax,
 * unknown top-level keys); what concerns one profile is in `problems`.
 */
export async function loadConfig(input: ConfigInput): Promise<Config> {
  const { configFile: path, runtimeDirectory } = paths(input);
  const text = await readText(path, input);
  if (text === undefined) return { path, exists: false, sidecar: {}, profiles: new Map(), problems: new Map() };
  return { path, exists: true, ...parseConfig(text, { path, runtimeDirectory, ...surroundingsOf(input) }) };
}

function surroundingsOf({ env, homedir }: ConfigInput): Pick<ConfigPlace, 'homedir' | 'sshAgent' | 'authorities'> {
  const { SSH_AUTH_SOCK: sshAgent, SSL_CERT_FILE: certFile, NODE_EXTRA_CA_CERTS: extraFile } = env;
  const authorities = { ...(certFile && { certFile }), ...(extraFile && { extraFile }) };
  return { homedir, ...(sshAgent && { sshAgent }), ...((certFile || extraFile) && { authorities }) };
}

/** The profile called `name`, else `default_profile`, else the only one there is. Throws ConfigError. */
export function selectProfile(config: Config, name?: string): Profile {
  const names = [...config.profiles.keys(), ...config.problems.keys()];
  const wanted = name ?? config.defaultProfile ?? (names.length === 1 ? names[0] : undefined);
  if (wanted === undefined) throw nothingSelected(config, names);
  const problem = config.problems.get(wanted);
  if (problem !== undefined) throw problem;
  const profile = config.profiles.get(wanted);
  if (profile !== undefined) return profile;
  const suggestion = closestWord(wanted, names);
  throw new ConfigError(`there is no profile "${wanted}"`, {
    path: config.path,
    hint: suggestion === undefined ? listOf(names) : `Did you mean "${suggestion}"?`,
  });
}

async function readText(path: string, input: ConfigInput): Promise<string | undefined> {
  try {
    return await input.readFile(path);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return undefined;
    throw new ConfigError(`cannot be read (${code ?? 'unknown error'})`, { path, cause });
  }
}

function nothingSelected(config: Config, names: readonly string[]): ConfigError {
  const what = names.length === 0 ? 'there are no profiles yet' : 'no default_profile is set';
  return new ConfigError(what, { path: config.path, hint: listOf(names) });
}

function listOf(names: readonly string[]): string {
  if (names.length === 0)
    return 'Run "gprxy login --issuer URL --client-id ID --upstream DSN" to make the first profile.';
  return `Profiles: ${names.join(', ')}. Name one by --profile, GPRXY_PROFILE or default_profile.`;
}
