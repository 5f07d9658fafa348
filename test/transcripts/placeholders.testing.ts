/** What this run calls things: `{issuer}` in a transcript stands for `values.issuer`. */
export type Values = Readonly<Record<string, string>>;

interface Pattern {
  /** What the placeholder stands for. */
  readonly is: string;
  /** Where update mode writes it, if anywhere; group 1 stays. */
  readonly written?: RegExp;
}

/** What differs from run to run and is not known before. */
const patterns: Readonly<Record<string, Pattern>> = {
  any: { is: '.*' },
  token: { is: 'eyJ[\\w-]+\\.[\\w-]+\\.[\\w-]+', written: /()eyJ[\w-]+\.[\w-]+\.[\w-]+/g },
  uuid: {
    is: '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}',
    written: /()[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g,
  },
  connection: { is: '[0-9a-f]{24}', written: /(\bconnection=)[0-9a-f]{24}\b/g },
  number: {
    is: '\\d+',
    // And how many spare sessions a profile has whose first client has come: one may be on its way.
    written: /(\b(?:(?:durationMs|bytesFromClient|bytesFromUpstream)=|listening +\d+ +(?=\d+ +[1-9])))\d+/g,
  },
  clock: { is: '\\d\\d:\\d\\d:\\d\\d', written: /^()\d\d:\d\d:\d\d/g },
  day: { is: '\\d{4}-\\d\\d-\\d\\d', written: /()\b\d{4}-\d\d-\d\d\b(?!T)/g },
  timestamp: { is: '\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z', written: /()\d{4}-\d\d-\d\dT[\d:.]+Z/g },
  code: { is: '[A-Z]{4}-[A-Z]{4}', written: /\b()[A-Z]{4}-[A-Z]{4}\b/g },
  when: {
    is: '(?:in )?\\d+ (?:second|minute|hour|day)s?(?: ago)?',
    written: /()(?:\bin )?\b\d+ (?:second|minute|hour|day)s?\b(?: ago)?/g,
  },
  time: { is: '\\d\\d:\\d\\d', written: /(\bat )\d\d:\d\d\b/g },
  ticket: { is: '[\\w-]{43}', written: /(\/open\/)[\w-]{43}/g },
  session: { is: 'gprxy-session-\\w{6}', written: /()gprxy-session-\w{6}/g },
  pid: { is: '\\d+', written: /(\bprocess |"pid": |\bpid )\d+/g },
  port: { is: '\\d{2,5}', written: /(\b(?:127\.0\.0\.1|localhost):|\bport[ =]|\bPGPORT='?)\d{2,5}\b/g },
};

/** `text` with the values of this run. */
export function withValues(text: string, values: Values): string {
  return text.replaceAll(/\{([\w-]+)\}/g, (whole, name: string) => values[name] ?? whole);
}

/** `text` without what is true of this run only: how update mode writes it. */
export function withPlaceholders(text: string, values: Values): string {
  const longestFirst = Object.entries(values).sort(([, one], [, other]) => other.length - one.length);
  const named = longestFirst.reduce((result, [name, value]) => result.replaceAll(value, `{${name}}`), text);
  return Object.entries(patterns).reduce(
    (result, [name, { written }]) => (written ? result.replaceAll(written, `$1{${name}}`) : result),
    named,
  );
}

/**
 * `expected` with each line replaced by the one that it allows, `...` standing for any number of lines: the same as `actual` when
 * that is as expected, and otherwise different only where it is not.
 */
export function fillIn(expected: readonly string[], actual: readonly string[], values: Values): readonly string[] {
  const filled: string[] = [];
  let at = 0;
  for (const [index, line] of expected.entries()) {
    if (line === '...') {
      const next = expected[index + 1];
      const end = next === undefined ? actual.length : indexOfMatch(next, actual, at, values);
      filled.push(...actual.slice(at, end));
      at = end;
    } else {
      const came = actual[at++];
      filled.push(came !== undefined && allows(line, came, values) ? came : withValues(line, values));
    }
  }
  return filled;
}

function indexOfMatch(line: string, actual: readonly string[], from: number, values: Values): number {
  const found = actual.findIndex((came, index) => index >= from && allows(line, came, values));
  return found === -1 ? from : found;
}

/** Columns move with the width of what stands in them, so two blanks are as good as more. */
function allows(line: string, came: string, values: Values): boolean {
  const parts = withValues(line, values).split(/(\{\w+\})/);
  const source = parts.map((part) => patternOf(part)?.is ?? escapeRegExp(part).replaceAll(/ {2,}/g, ' {2,}')).join('');
  return new RegExp(`^${source}$`).test(came);
}

function patternOf(part: string): Pattern | undefined {
  const name = part.slice(1, -1);
  return part.startsWith('{') && Object.hasOwn(patterns, name) ? patterns[name] : undefined;
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
