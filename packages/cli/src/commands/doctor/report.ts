import { coloursFor } from '../../colours.ts';
import type { Dependencies } from '../../dependencies.ts';
import { printable } from '../../printable.ts';
import { print, printJson } from '../../say.ts';
import { lineWidth } from '../../terminal.ts';
import type { Result } from './run-checks.ts';

/** Fewer columns leave too little beside the names of the checks. */
const narrowColumns = 60;
const marks = { ok: 'ok', warning: 'warning', problem: 'problem', skipped: '-' } as const;

/** For people: a line for each check, and under what is wrong the reason and the next thing to type. */
export async function printReport(results: readonly Result[], dependencies: Dependencies): Promise<void> {
  const { green, yellow, red, dim } = await coloursFor(dependencies.stdout, dependencies.env);
  const paint = { ok: green, warning: yellow, problem: red, skipped: dim };
  const nameWidth = Math.max(...results.map(({ name }) => name.length));
  const isNarrow = (lineWidth(dependencies.stdout) ?? narrowColumns) < narrowColumns;
  const indent = ' '.repeat(isNarrow ? 2 : 'problem'.length + nameWidth + 4);
  for (const { name, verdict, message, detail, hint } of inShort(results)) {
    const head = `${paint[verdict](marks[verdict].padEnd('problem'.length))}  ${name.padEnd(nameWidth)}`;
    if (isNarrow) print(dependencies, head.trimEnd(), `${indent}${printable(message)}`);
    else print(dependencies, `${head}  ${printable(message)}`);
    // Not broken into lines: a command in it is there to be copied.
    for (const line of [detail, hint]) if (line) print(dependencies, `${indent}${printable(line)}`);
  }
  print(dependencies, '', summary(results));
}

/** Where one trouble stands before many checks, they are a single line. */
const manySkipped = 4;

function inShort(results: readonly Result[]): readonly Result[] {
  const skippedBy = (message: string) =>
    results.filter((result) => result.verdict === 'skipped' && result.message === message);
  return results.flatMap((result) => {
    const alike = result.verdict === 'skipped' ? skippedBy(result.message) : [];
    if (alike.length < manySkipped) return [result];
    return alike[0] === result ? [{ ...result, name: `${alike.length} more` }] : [];
  });
}

function summary(results: readonly Result[]): string {
  const number = (verdict: Result['verdict']): number => results.filter((result) => result.verdict === verdict).length;
  const problems = number('problem');
  const warnings = number('warning');
  const counts = [count(problems, 'problem'), count(warnings, 'warning')].filter((text) => text !== '');
  return counts.length === 0 ? 'All is well.' : `${counts.join(', ')}.`;
}

function count(amount: number, noun: string): string {
  return amount === 0 ? '' : `${amount} ${noun}${amount === 1 ? '' : 's'}`;
}

/** For programs. */
export function printJsonReport(
  profile: string | undefined,
  results: readonly Result[],
  dependencies: Dependencies,
): void {
  const checks = results.map(({ name, verdict, message, detail, hint, code }) => ({
    name,
    verdict,
    message: printable(message),
    detail: detail === undefined ? null : printable(detail),
    hint: hint === undefined ? null : printable(hint),
    code: code ?? null,
  }));
  printJson(dependencies, {
    profile: profile ?? null,
    healthy: !checks.some(({ verdict }) => verdict === 'problem'),
    checks,
  });
}
