import { parse, TomlError } from 'smol-toml';
import * as v from 'valibot';
import { ConfigError } from './config-error.ts';
import { type Environment, resolveReferences } from './environment.ts';
import { type FileTable, fileSchema } from './schema.ts';
import { lineOf, type TomlPath } from './toml-lines.ts';

/** A file whose keys and types are right, and how to complain about its contents. */
export interface CheckedFile {
  readonly table: FileTable;
  /** Throws a ConfigError with the line of `at`. */
  readonly fail: (at: TomlPath, problem: string, hint?: string) => never;
}

/** Values enter no message: they may be connection strings. */
export function checkFile(text: string, path: string, env: Environment): CheckedFile {
  const fail = (at: TomlPath, problem: string, hint?: string): never => {
    const name = at.map((key) => (typeof key === 'number' ? `[${key + 1}]` : `.${key}`)).join('');
    throw new ConfigError(`"${name.replace(/^\./, '')}" ${problem}`, { path, line: lineOf(text, at), hint });
  };
  const document = resolveReferences(parseToml(text, path), env, (at, name) =>
    fail(at, `refers to the environment variable ${name}, which is not set`),
  );
  const result = v.safeParse(fileSchema, document);
  if (result.success) return { table: result.output, fail };
  // A misspelt key explains the key that is missing, not the other way round.
  const issue = result.issues.find(({ expected }) => expected === 'never') ?? result.issues[0];
  return fail(
    (issue.path ?? []).map((item) => item.key as string | number),
    issue.message,
  );
}

function parseToml(text: string, path: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // Only the first line: the rest quotes the file.
    const what = error.message.split('\n', 1)[0]?.replace('Invalid TOML document: ', '');
    throw new ConfigError(`not valid TOML: ${what} (column ${error.column})`, { path, line: error.line });
  }
}
