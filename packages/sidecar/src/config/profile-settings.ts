import { maskDsn } from '@gprxy/proxy-core';
import { parse } from 'smol-toml';
import * as v from 'valibot';
import { profileSchemas } from './profile-schema.ts';
import { lineOf, tomlLines } from './toml-lines.ts';

/** One setting of a profile that is in force. */
export interface ProfileSetting {
  /** As spelled in the file. */
  readonly key: string;
  /** To be shown: a password in a connection string and the arguments of a command are left out. */
  readonly value: unknown;
  /** Where the file says so; undefined: it is the default. */
  readonly line?: number;
}

/** The settings of a profile that loads, in the order of the file, then those that are defaults. */
export function profileSettings(text: string, name: string): ProfileSetting[] {
  const table = (parse(text) as { profiles: Record<string, Record<string, unknown>> }).profiles[name] ?? {};
  const lines = tomlLines(text);
  const given = Object.entries(table).map(([key, value]) => {
    const line = lineOf(lines, ['profiles', name, key]);
    return { key, value: shown(key, value), ...(line !== undefined && { line }) };
  });
  const kind = (table.credential ?? 'oidc') as keyof typeof profileSchemas;
  const defaults = Object.entries(v.getDefaults(profileSchemas[kind]))
    .filter(([key, value]) => value !== undefined && !Object.hasOwn(table, key))
    .map(([key, value]) => ({ key, value }));
  return [...given, ...defaults];
}

function shown(key: string, value: unknown): unknown {
  if (key === 'upstream') return maskDsn(String(value));
  if (key === 'command' && Array.isArray(value) && value.length > 1) return [value[0], '...'];
  return value;
}
