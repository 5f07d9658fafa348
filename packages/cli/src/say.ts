import type { Output, Terminal } from './terminal.ts';

/** Prose, for people: it never goes to standard output, which carries data only. */
export function say({ stderr }: { readonly stderr: Terminal }, ...lines: readonly string[]): void {
  for (const line of lines) stderr.write(`${line}\n`);
}

/** Data, for people and programs alike. */
export function print({ stdout }: { readonly stdout: Output }, ...lines: readonly string[]): void {
  for (const line of lines) stdout.write(`${line}\n`);
}

/** One JSON document. `version` changes only when a field changes its meaning or goes away. */
export function printJson(dependencies: { readonly stdout: Output }, fields: object): void {
  print(dependencies, JSON.stringify({ version: 1, ...fields }, null, 2));
}
