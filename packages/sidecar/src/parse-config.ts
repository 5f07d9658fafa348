import { posix } from 'node:path';
import { parse, TomlError } from 'smol-toml';
import * as v from 'valibot';
import { closestWord } from './closest-word.ts';
import { ConfigError } from './config-error.ts';
import { parseListenAddress } from './listen-address.ts';
import type { Profile } from './profile.ts';
import { fileSchema, type ProfileTable, profileSchema } from './profile-schema.ts';
import { lineOf, type TomlLine, tomlLines } from './toml-lines.ts';

/** Names end up in file names, keychain entries and shell commands. */
const PROFILE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export interface ConfigPlace {
  /** Of the file, for messages and for names relative to it. */
  readonly path: string;
  readonly homedir: string;
  readonly runtimeDirectory: string;
}

export interface ParsedConfig {
  readonly defaultProfile?: string;
  readonly profiles: ReadonlyMap<string, Profile>;
  readonly problems: ReadonlyMap<string, ConfigError>;
}

/** The file's text, checked. Throws ConfigError for what concerns all of it; `problems` has what concerns one profile. */
export function parseConfig(text: string, place: ConfigPlace): ParsedConfig {
  const document = parseToml(text, place);
  const lines = tomlLines(text);
  const check = { place, lines };
  const file = checked(fileSchema, document, [], check);
  const profiles = new Map<string, Profile>();
  const problems = new Map<string, ConfigError>();
  for (const [name, table] of Object.entries(file.profiles)) {
    try {
      profiles.set(name, readProfile(name, table, check));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.set(name, error);
    }
  }
  const defaultProfile = file.default_profile;
  if (defaultProfile === undefined) return { profiles, problems };
  if (!profiles.has(defaultProfile) && !problems.has(defaultProfile)) {
    const names = Object.keys(file.profiles);
    throw failure(
      ['default_profile'],
      `there is no profile "${defaultProfile}"`,
      check,
      closestWord(defaultProfile, names),
    );
  }
  return { defaultProfile, profiles, problems };
}

interface Check {
  readonly place: ConfigPlace;
  readonly lines: readonly TomlLine[];
}

function parseToml(text: string, { path }: ConfigPlace): unknown {
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    // Only the first line: the rest quotes the file, which may hold more than belongs on a terminal.
    const what = cause.message.split('\n', 1)[0]?.replace('Invalid TOML document: ', '');
    throw new ConfigError(`not valid TOML: ${what} (column ${cause.column})`, { path, line: cause.line });
  }
}

function readProfile(name: string, table: unknown, check: Check): Profile {
  const at = ['profiles', name];
  if (!PROFILE_NAME.test(name)) {
    throw failure(at, `"${name}" cannot be a profile name: use letters, digits, ".", "_" and "-"`, check);
  }
  return toProfile(name, checked(profileSchema, table, at, check), check);
}

/** Runs a schema over one table; its first complaint becomes a ConfigError with the line. */
function checked<const S extends v.ObjectSchema<v.ObjectEntries, undefined>>(
  schema: S,
  table: unknown,
  at: readonly string[],
  check: Check,
): v.InferOutput<S> {
  if (typeof table !== 'object' || table === null || Array.isArray(table)) {
    throw failure(at, `"${at.join('.')}" must be a table, such as [${at.join('.')}]`, check);
  }
  const known = Object.keys(schema.entries);
  const unknown = Object.keys(table).find((key) => !known.includes(key));
  if (unknown !== undefined) throw unknownKey(unknown, known, at, check);
  const result = v.safeParse(schema, table, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const key = String(issue.path?.[0]?.key ?? '');
  const missing = !Object.hasOwn(table, key);
  throw failure(
    [...at, key],
    missing ? `"${key}" is missing from [${at.join('.')}]` : `"${key}" ${issue.message}`,
    check,
  );
}

function unknownKey(key: string, known: readonly string[], at: readonly string[], check: Check): ConfigError {
  const where = at.length === 0 ? '' : ` in [${at.join('.')}]`;
  const suggestion = closestWord(key, known);
  if (suggestion !== undefined) return failure([...at, key], `unknown key "${key}"${where}`, check, suggestion);
  return failure([...at, key], `unknown key "${key}"${where}; known are ${known.join(', ')}`, check);
}

function failure(path: readonly string[], problem: string, { place, lines }: Check, suggestion?: string): ConfigError {
  return new ConfigError(suggestion === undefined ? problem : `${problem}; did you mean "${suggestion}"?`, {
    path: place.path,
    line: lineOf(lines, path),
    ...(suggestion !== undefined && { hint: `Did you mean "${suggestion}"?` }),
  });
}

function toProfile(name: string, table: ProfileTable, check: Check): Profile {
  const { homedir, runtimeDirectory, path } = check.place;
  const context = { profile: name, homedir, runtimeDirectory };
  const listen = (typeof table.listen === 'string' ? [table.listen] : table.listen).map((value) => {
    try {
      return parseListenAddress(value, context);
    } catch (error) {
      throw failure(['profiles', name, 'listen'], (error as Error).message, check);
    }
  });
  return {
    name,
    issuer: table.issuer,
    clientId: table.client_id,
    ...(table.audience !== undefined && { audience: table.audience }),
    ...(table.resource !== undefined && { resource: table.resource }),
    scopes: table.scopes,
    ...(table.ca_file !== undefined && { caFile: fileNextTo(path, table.ca_file, homedir) }),
    upstream: table.upstream,
    listen,
    localAuth: table.local_auth,
    user: table.user,
    credential: table.credential,
    drainTimeoutMs: table.drain_timeout,
    maxConnections: table.max_connections,
  };
}

function fileNextTo(configFile: string, name: string, homedir: string): string {
  return name.startsWith('~/') ? posix.join(homedir, name.slice(2)) : posix.resolve(posix.dirname(configFile), name);
}
