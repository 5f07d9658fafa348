/** Keys and, for `[[tables]]` and arrays, indexes: `['issuers', 0, 'audience']`. */
export type TomlPath = readonly (string | number)[];

const HEADER = /^\s*(\[\[?)\s*([^[\]]+?)\s*\]\]?\s*(?:#.*)?$/;
const SIMPLE_KEY = String.raw`(?:[\w-]+|"(?:[^"\\]|\\.)*"|'[^']*')`;
const KEY = new RegExp(String.raw`^\s*(${SIMPLE_KEY}(?:\s*\.\s*${SIMPLE_KEY})*)\s*=`);

/**
 * The line, from 1, on which `path` or the nearest enclosing table or key begins. The TOML parser tells what a document
 * means but not where. Keys of inline tables have the line of their table.
 */
export function lineOf(text: string, path: TomlPath): number | undefined {
  let best: { line: number; depth: number } | undefined;
  for (const { line, path: found } of linesOf(text)) {
    const isPrefix = found.length <= path.length && found.every((key, index) => key === path[index]);
    if (isPrefix && found.length > (best?.depth ?? 0)) best = { line, depth: found.length };
  }
  return best?.line;
}

function* linesOf(text: string): Generator<{ line: number; path: TomlPath }> {
  const tableCounts = new Map<string, number>();
  let table: TomlPath = [];
  for (const [index, content] of text.split('\n').entries()) {
    const [, bracket, name] = HEADER.exec(content) ?? [];
    if (name !== undefined) {
      table = tablePath(splitKey(name), bracket === '[[', tableCounts);
      yield { line: index + 1, path: table };
      // The array as a whole begins where its first table does.
      if (table.at(-1) === 0) yield { line: index + 1, path: table.slice(0, -1) };
      continue;
    }
    const key = KEY.exec(content)?.[1];
    if (key !== undefined) yield { line: index + 1, path: [...table, ...splitKey(key)] };
  }
}

/** `[[name]]` counts up; `[name.sub]` below it belongs to the latest of them. */
function tablePath(keys: readonly string[], isArray: boolean, counts: Map<string, number>): TomlPath {
  const path: (string | number)[] = [];
  for (const [index, key] of keys.entries()) {
    path.push(key);
    const id = path.join('\0');
    if (isArray && index === keys.length - 1) counts.set(id, (counts.get(id) ?? -1) + 1);
    const count = counts.get(id);
    if (count !== undefined) path.push(count);
  }
  return path;
}

function splitKey(key: string): string[] {
  return Array.from(key.matchAll(new RegExp(SIMPLE_KEY, 'g')), ([part]) => part.replace(/^["']|["']$/g, ''));
}
