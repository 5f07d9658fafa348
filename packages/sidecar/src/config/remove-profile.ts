import { isDeepStrictEqual } from 'node:util';
import { parse } from 'smol-toml';
import { ConfigError } from './config-error.ts';
import { editConfigFile } from './edit-config-file.ts';
import { type TomlLine, tomlLines } from './toml-lines.ts';

/**
 * Takes `[profiles.NAME]` out of the file, and `default_profile` with it when that is the one; everything else stays as it is, comments
 * included. Rejects with ConfigError, and leaves the file alone, where that cannot be done line by line.
 */
export async function removeProfile(path: string, name: string): Promise<void> {
  await editConfigFile(path, (text) => withoutProfile(text, name, path));
}

export function withoutProfile(text: string, name: string, path: string, { keepDefault = false } = {}): string {
  const lines = tomlLines(text);
  const rows = text.split('\n');
  const gone = new Set(tablesOf(lines, name).flatMap((table) => rowsOf(table, lines, rows)));
  const namesIt = lines.find((line) => line.kind === 'key' && line.path.join('\0') === 'default_profile');
  const wasDefault = namesIt !== undefined && (parse(text) as FileTables).default_profile === name;
  if (wasDefault && !keepDefault) gone.add(namesIt.number);
  const after = rows.filter((_, index) => !gone.has(index + 1)).join('\n');
  if (!isDeepStrictEqual(parse(after), expected(text, name, wasDefault && !keepDefault))) {
    throw new ConfigError(`profile "${name}" cannot be taken out; edit the file by hand`, { path });
  }
  return after.trim() === '' ? '' : after;
}

interface FileTables {
  default_profile?: unknown;
  profiles?: Record<string, unknown>;
}

/** The header of the profile and those of tables within it. */
function tablesOf(lines: readonly TomlLine[], name: string): readonly TomlLine[] {
  return lines.filter(({ kind, path }) => kind === 'table' && path[0] === 'profiles' && path[1] === name);
}

/** From the header to the next one; comments that touch the next header belong to that. */
function rowsOf(table: TomlLine, lines: readonly TomlLine[], rows: readonly string[]): readonly number[] {
  const next = lines.find(({ kind, number }) => kind === 'table' && number > table.number);
  let end = next?.number ?? rows.length + 1;
  while (next !== undefined && end - 1 > table.number && rows[end - 2]?.trimStart().startsWith('#')) end--;
  return Array.from({ length: end - table.number }, (_, index) => table.number + index);
}

/** What the file must mean afterwards. */
function expected(text: string, name: string, withoutDefault: boolean): FileTables {
  const document = parse(text) as FileTables;
  delete document.profiles?.[name];
  if (Object.keys(document.profiles ?? {}).length === 0) delete document.profiles;
  if (withoutDefault) delete document.default_profile;
  return document;
}
