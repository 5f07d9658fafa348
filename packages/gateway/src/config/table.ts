import { closestWord } from '@gprxy/proxy-core';
import * as v from 'valibot';

/**
 * A TOML table that knows all of its keys: a misspelt one is an error that suggests the right one, and one that is
 * planned but not built (`notYet`) is refused by name, because a setting that is silently ignored protects nobody.
 */
export function table<const Entries extends v.ObjectEntries>(entries: Entries, notYet: readonly string[] = []) {
  const known = Object.keys(entries);
  return v.strictObject(entries, (issue) => {
    const key = String(issue.path?.[0]?.key ?? '');
    if (issue.expected === 'never') return unknownKey(key, known, notYet);
    return issue.expected === 'Object' ? 'must be a table' : 'is missing';
  });
}

function unknownKey(key: string, known: readonly string[], notYet: readonly string[]): string {
  if (notYet.includes(key)) return 'is not supported yet: remove it';
  const suggestion = closestWord(key, known);
  const advice = suggestion === undefined ? `known are ${known.join(', ')}` : `did you mean "${suggestion}"?`;
  return `is not a known key; ${advice}`;
}

export const text = (what: string) => v.pipe(v.string(`must be ${what}`), v.nonEmpty(`must be ${what}`));

/** One word or a list of them: `"a"` is `["a"]`. */
export const words = (what: string) =>
  v.pipe(
    v.union([v.string(), v.array(v.string())], `must be ${what}, or a list of such`),
    v.transform((value) => (typeof value === 'string' ? [value] : value)),
    v.check((list) => list.length > 0 && list.every((word) => word !== ''), `must be ${what}, and not empty`),
  );

export const wholeNumber = (min: number, max: number) => {
  const message = `must be a whole number from ${min} to ${max}`;
  return v.pipe(v.number(message), v.integer(message), v.minValue(min, message), v.maxValue(max, message));
};

export const flag = v.boolean('must be true or false');

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** `"500ms"`, `"30s"`, `"2m"`, `"1h"`, as milliseconds. */
export const duration = (maxMs: number) => {
  const message = `must be a duration such as "30s", at most "${maxMs / 1_000}s"`;
  return v.pipe(
    v.string(message),
    v.regex(/^\d{1,9}(ms|s|m|h)$/, message),
    v.transform((value) => Number.parseInt(value, 10) * (UNIT_MS[value.replace(/^\d+/, '')] ?? Number.NaN)),
    v.minValue(1, message),
    v.maxValue(maxMs, message),
  );
};
