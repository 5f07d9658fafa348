import { parse } from 'smol-toml';

export interface TomlLine {
  /** From 1. */
  readonly number: number;
  /** The full path of the table or key that this line opens: `['profiles', 'prod', 'issuer']`. */
  readonly path: readonly string[];
  readonly kind: 'table' | 'key';
}

const HEADER = /^\s*\[{1,2}[^[\]]+\]{1,2}\s*(#.*)?$/;
const KEY = /^\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=/;

/**
 * Which line opens which table and key. The TOML parser says what a document means but not where; this says where, for error
 * messages and for edits that keep comments. Keys of inline tables have no line of their own.
 */
export function tomlLines(text: string): TomlLine[] {
  const found: TomlLine[] = [];
  let table: readonly string[] = [];
  let openString: string | undefined;
  text.split('\n').forEach((line, index) => {
    const wasInside = openString !== undefined;
    openString = multilineStringAfter(line, openString);
    if (wasInside) return;
    if (HEADER.test(line)) {
      table = pathOf(line);
      found.push({ number: index + 1, path: table, kind: 'table' });
      return;
    }
    const key = KEY.exec(line)?.[1];
    if (key !== undefined) found.push({ number: index + 1, path: [...table, ...pathOf(`${key} = 0`)], kind: 'key' });
  });
  return found;
}

/** The line of `path`, or of the nearest enclosing table or key that has a line. */
export function lineOf(lines: readonly TomlLine[], path: readonly string[]): number | undefined {
  for (let length = path.length; length > 0; length--) {
    const wanted = path.slice(0, length).join('\0');
    const line = lines.find((candidate) => candidate.path.join('\0') === wanted);
    if (line !== undefined) return line.number;
  }
  return lines.find((candidate) => candidate.path[0] === path[0])?.number;
}

/** Lets the real parser read the quoting and the dots of one header or key. */
function pathOf(line: string): string[] {
  const path: string[] = [];
  let value: unknown = parse(line);
  for (;;) {
    if (Array.isArray(value)) value = value[0];
    const key = typeof value === 'object' && value !== null ? Object.keys(value)[0] : undefined;
    if (key === undefined) return path;
    path.push(key);
    value = (value as Record<string, unknown>)[key];
  }
}

function multilineStringAfter(line: string, open: string | undefined): string | undefined {
  let current = open;
  for (const [quotes] of line.matchAll(/"""|'''/g)) {
    if (current === undefined) current = quotes;
    else if (current === quotes) current = undefined;
  }
  return current;
}
