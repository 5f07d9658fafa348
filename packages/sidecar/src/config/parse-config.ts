import { closestWord } from '@gprxy/proxy-core';
import { parse, TomlError } from 'smol-toml';
import { parseListenAddress, requireLoopback } from '../listen/listen-address.ts';
import type { NamedAuthorities } from '../upstream/system-authorities.ts';
import { checkTable, type FileText, failure, requireTable } from './check-table.ts';
import { ConfigError } from './config-error.ts';
import { credentialKindOf, misplacedKey } from './credential-key.ts';
import type { Profile } from './profile.ts';
import { fileSchema, type ProfileTable, profileSchemas } from './profile-schema.ts';
import { fileNextTo, KeyProblem, readCredential } from './read-credential.ts';
import { readLoginOnConnect } from './read-login-on-connect.ts';
import { readVia } from './read-via.ts';
import { readSidecarSettings, type SidecarSettings } from './sidecar-settings.ts';
import { tomlLines } from './toml-lines.ts';

/** Names end up in file names, keychain entries and shell commands. */
const PROFILE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export interface ConfigPlace {
  /** Of the file, for messages and for names relative to it. */
  readonly path: string;
  readonly homedir: string;
  readonly runtimeDirectory: string;
  /** Path of the SSH agent's socket. */
  readonly sshAgent?: string;
  readonly authorities?: NamedAuthorities;
}

export interface ParsedConfig {
  readonly defaultProfile?: string;
  readonly sidecar: SidecarSettings;
  readonly profiles: ReadonlyMap<string, Profile>;
  readonly problems: ReadonlyMap<string, ConfigError>;
}

type Check = ConfigPlace & FileText;

/** The file's text, checked. Throws ConfigError for what concerns all of it; `problems` has what concerns one profile. */
export function parseConfig(text: string, place: ConfigPlace): ParsedConfig {
  const document = parseToml(text, place);
  const check = { ...place, lines: tomlLines(text) };
  const file = checkTable(fileSchema, document, [], check);
  const sidecar = readSidecarSettings(file.sidecar ?? {}, check);
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
  if (defaultProfile === undefined) return { sidecar, profiles, problems };
  if (!profiles.has(defaultProfile) && !problems.has(defaultProfile)) {
    const suggestion = closestWord(defaultProfile, Object.keys(file.profiles));
    throw failure(['default_profile'], `there is no profile "${defaultProfile}"`, check, suggestion);
  }
  return { defaultProfile, sidecar, profiles, problems };
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
  const kind = credentialKindOf(requireTable(table, at, check), at, check);
  const checked: ProfileTable = checkTable(profileSchemas[kind], table, at, check, (key) => misplacedKey(key, kind));
  return toProfile(name, checked, check);
}

function toProfile(name: string, table: ProfileTable, check: Check): Profile {
  return {
    name,
    upstream: table.upstream,
    ...(check.authorities && { authorities: check.authorities }),
    ...pointedAt(name, check, () => readVia(table, check)),
    listen: readListen(name, table, check),
    localAuth: table.local_auth,
    user: table.user,
    credential: pointedAt(name, check, () =>
      readCredential(table, (file) => fileNextTo(check.path, file, check.homedir)),
    ),
    ...pointedAt(name, check, () => readLoginOnConnect(table)),
    ...(table.credential === 'oidc' && table.notify === 'desktop' && { notify: table.notify }),
    drainTimeoutMs: table.drain_timeout,
    maxConnections: table.max_connections,
    warm: table.warm,
  };
}

function readListen(profile: string, { listen, local_auth: localAuth }: ProfileTable, check: Check): Profile['listen'] {
  const { homedir, runtimeDirectory } = check;
  return (typeof listen === 'string' ? [listen] : listen).map((value) => {
    try {
      const address = parseListenAddress(value, { profile, homedir, runtimeDirectory });
      if (localAuth !== 'password') requireLoopback(address);
      return address;
    } catch (error) {
      throw failure(['profiles', profile, 'listen'], (error as Error).message, check);
    }
  });
}

function pointedAt<T>(profile: string, check: Check, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof KeyProblem)) throw error;
    throw failure(['profiles', profile, error.key], error.message, check);
  }
}
