import type { CredentialKind } from '@gprxy/credentials';
import { stringify } from 'smol-toml';
import { type Config, type ConfigInput, loadConfig } from './config.ts';
import { ConfigError } from './config-error.ts';
import { editConfigFile, requireReplaceable } from './edit-config-file.ts';
import { parseConfig } from './parse-config.ts';
import { paths } from './paths.ts';
import type { Profile } from './profile.ts';
import { withoutProfile } from './remove-profile.ts';
import { type TomlLine, tomlLines } from './toml-lines.ts';

/** A profile as a person would write it into the file. Keys left out take the defaults of the file, or stay as they are. */
export interface NewProfile {
  readonly name: string;
  readonly upstream: string;
  /** Left out: `oidc`. What the other kinds need is in `keys`. */
  readonly credential?: CredentialKind;
  readonly issuer?: string;
  readonly clientId?: string;
  readonly audience?: string;
  readonly resource?: string;
  readonly scopes?: readonly string[];
  readonly caFile?: string;
  /** As in the file: `"127.0.0.1:5433"`, `"unix"`, `"unix:/directory"`. The very first profile gets `"127.0.0.1:5433"`. */
  readonly listen?: string | readonly string[];
  readonly localAuth?: string;
  readonly user?: string;
  readonly login?: 'auto' | 'device' | 'browser';
  /** Further keys as they are spelled in the file. */
  readonly keys?: Readonly<Record<string, string | number | readonly string[]>>;
}

/**
 * Adds `[profiles.NAME]` to the file, or replaces the keys given in the one that is there; everything else in the file, comments
 * included, stays as it is. The first profile becomes `default_profile`. The file is replaced atomically, mode 0600, in a 0700
 * directory. Rejects with ConfigError, and leaves the file alone, if the result would not load.
 */
export async function saveProfile(path: string, profile: NewProfile): Promise<void> {
  await editConfigFile(path, (text) => loading(withProfile(text, profile), path, profile.name).text);
}

/** The same, but nothing of a former profile of that name stays. */
export async function replaceProfile(path: string, profile: NewProfile): Promise<void> {
  await editConfigFile(path, (text) => {
    const kept = withoutProfile(text, profile.name, path, { keepDefault: true });
    return loading(withProfile(kept, profile), path, profile.name).text;
  });
}

/**
 * The configuration as it would be once `saveProfile` has changed a profile of the file. Nothing is written; rejects with ConfigError where
 * saving would.
 */
export async function previewProfile(input: ConfigInput, profile: NewProfile): Promise<Config> {
  const { configFile } = paths(input);
  await requireReplaceable(configFile);
  const { text } = loading(withProfile(await input.readFile(configFile), profile), configFile, profile.name);
  return loadConfig({ ...input, readFile: async () => text });
}

/** What the file would say of the profile, with its defaults; nothing is read or written. Throws ConfigError if it would not load. */
export function draftProfile(path: string, profile: NewProfile): Profile {
  return loading(withProfile('', profile), path, profile.name).profile;
}

/** The text of the file with the profile in it. */
function withProfile(text: string, profile: NewProfile): string {
  const lines = tomlLines(text);
  const isFirst = !lines.some((line) => line.path[0] === 'profiles');
  const keys = keysOf(isFirst ? { listen: '127.0.0.1:5433', ...profile } : profile);
  const table = lines.find((line) => line.kind === 'table' && line.path.join('\0') === `profiles\0${profile.name}`);
  if (table !== undefined) return withKeys(text, lines, table, keys);
  const header = stringify({ profiles: { [profile.name]: { '': 0 } } }).split('\n', 1)[0];
  const addition = `${[header, ...keys.values()].join('\n')}\n`;
  if (isFirst && !lines.some((line) => line.path[0] === 'default_profile')) {
    return joined(`${keyLine('default_profile', profile.name)}\n${text}`, addition);
  }
  return joined(text, addition);
}

function joined(text: string, addition: string): string {
  const body = text.trimEnd();
  return body === '' ? addition : `${body}\n\n${addition}`;
}

/** Lines of the file by key. */
function keysOf(profile: NewProfile): Map<string, string> {
  const values = {
    credential: profile.credential,
    issuer: profile.issuer,
    client_id: profile.clientId,
    audience: profile.audience,
    resource: profile.resource,
    scopes: profile.scopes,
    ca_file: profile.caFile,
    upstream: profile.upstream,
    listen: profile.listen,
    local_auth: profile.localAuth,
    user: profile.user,
    login: profile.login,
    ...profile.keys,
  };
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return new Map(given.map(([key, value]) => [key, keyLine(key, value)]));
}

function keyLine(key: string, value: unknown): string {
  return stringify({ [key]: value }).trimEnd();
}

/** Replaces or inserts the lines of one table. Values that span lines do not survive this; loading it notices. */
function withKeys(
  text: string,
  lines: readonly TomlLine[],
  table: TomlLine,
  keys: ReadonlyMap<string, string>,
): string {
  const rows = text.split('\n');
  const added: string[] = [];
  for (const [key, row] of keys) {
    const wanted = [...table.path, key].join('\0');
    const line = lines.find((candidate) => candidate.kind === 'key' && candidate.path.join('\0') === wanted);
    if (line === undefined) added.push(row);
    else rows[line.number - 1] = row;
  }
  rows.splice(table.number, 0, ...added);
  return rows.join('\n');
}

function loading(text: string, path: string, name: string): { text: string; profile: Profile } {
  // Where sockets would be does not matter here.
  const { profiles, problems } = parseConfig(text, { path, homedir: '/', runtimeDirectory: '/' });
  const problem = problems.get(name);
  if (problem !== undefined) throw problem;
  const profile = profiles.get(name);
  if (profile === undefined) {
    throw new ConfigError(`profile "${name}" cannot be added; edit the file by hand`, { path });
  }
  return { text, profile };
}
