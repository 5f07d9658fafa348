/** The settings of a client that are carried from one server connection to another, by their lower-cased names. */
export type Variables = Map<string, string>;

/** A longer value is dropped without a word, its final NUL counted. */
const MAX_VALUE_BYTES = 128;

/** All that Odyssey knows; every other startup parameter is dropped without a word. */
const TRACKED = new Set([
  'client_encoding',
  'datestyle',
  'timezone',
  'standard_conforming_strings',
  'application_name',
  'search_path',
  'statement_timeout',
  'lock_timeout',
  'idle_in_transaction_session_timeout',
  'default_table_access_method',
  'default_toast_compression',
  'check_function_bodies',
  'default_transaction_isolation',
  'default_transaction_read_only',
  'default_transaction_deferrable',
  'transaction_isolation',
  'transaction_read_only',
  'idle_session_timeout',
]);

export function fits(value: string): boolean {
  return Buffer.byteLength(value) < MAX_VALUE_BYTES;
}

export function track(variables: Variables, name: string, value: string): void {
  if (TRACKED.has(name.toLowerCase()) && fits(value)) variables.set(name.toLowerCase(), value);
}

/** `options` of a StartupMessage: `-c name=value` and `--name=value`. */
export function trackOptions(variables: Variables, options: string): void {
  for (const [, name = '', value = ''] of options.matchAll(/(?:-c\s*|--)([\w.]+)=((?:\\.|\S)*)/g)) {
    track(variables, name, value.replace(/\\(.)/g, '$1'));
  }
}

/** The statement that makes a server connection the client's; `undefined` where it is that already. */
export function deployStatement(client: Variables, server: Variables): string | undefined {
  const differing = [...client].filter(([name, value]) => server.get(name) !== value);
  if (differing.length === 0) return undefined;
  return differing.map(([name, value]) => `SET ${name}=${quoted(value)};`).join('');
}

function quoted(value: string): string {
  return `E'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}
