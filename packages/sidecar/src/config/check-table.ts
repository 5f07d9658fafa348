import { closestWord } from '@gprxy/proxy-core';
import * as v from 'valibot';
import { ConfigError } from './config-error.ts';
import { lineOf, type TomlLine } from './toml-lines.ts';

/** What error messages about one file need to know of it. */
export interface FileText {
  readonly path: string;
  readonly lines: readonly TomlLine[];
}

type TableSchema = v.ObjectSchema<v.ObjectEntries, undefined>;

/** Why a key that the schema does not know is none, where more can be said than that it is unknown. */
export type ExplainUnknownKey = (key: string) => { problem: string; suggestion?: string } | undefined;

/** Runs a schema over one table; its first complaint becomes a ConfigError with the line. */
export function checkTable<const S extends TableSchema>(
  schema: S,
  table: unknown,
  at: readonly string[],
  file: FileText,
  explain: ExplainUnknownKey = () => undefined,
): v.InferOutput<S> {
  const given = requireTable(table, at, file);
  const known = Object.keys(schema.entries);
  const unknown = Object.keys(given).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    const { problem, suggestion } = explain(unknown) ?? unknownKey(unknown, known, at);
    throw failure([...at, unknown], problem, file, suggestion);
  }
  const result = v.safeParse(schema, table, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const key = String(issue.path?.[0]?.key ?? '');
  const problem = Object.hasOwn(given, key)
    ? `"${key}" ${issue.message}`
    : `"${key}" is missing from [${at.join('.')}]`;
  throw failure([...at, key], problem, file);
}

export function requireTable(table: unknown, at: readonly string[], file: FileText): object {
  if (typeof table === 'object' && table !== null && !Array.isArray(table)) return table;
  throw failure(at, `"${at.join('.')}" must be a table, such as [${at.join('.')}]`, file);
}

function unknownKey(key: string, known: readonly string[], at: readonly string[]) {
  const where = at.length === 0 ? '' : ` in [${at.join('.')}]`;
  const suggestion = closestWord(key, known);
  if (suggestion !== undefined) return { problem: `unknown key "${key}"${where}`, suggestion };
  return { problem: `unknown key "${key}"${where}; known are ${known.join(', ')}` };
}

export function failure(path: readonly string[], problem: string, file: FileText, suggestion?: string): ConfigError {
  return new ConfigError(suggestion === undefined ? problem : `${problem}; did you mean "${suggestion}"?`, {
    path: file.path,
    line: lineOf(file.lines, path),
  });
}
