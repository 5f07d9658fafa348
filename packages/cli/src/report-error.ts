import { CliError } from './cli-error.ts';
import { coloursFor } from './colours.ts';
import type { Dependencies } from './dependencies.ts';
import { ExitCode, exitCodeFor } from './exit-code.ts';
import { printable } from './printable.ts';
import { say } from './say.ts';

/** What happened, why, and what to type next. commander has already said its own errors. */
export async function reportError(error: unknown, dependencies: Dependencies): Promise<void> {
  if (textOf(error, 'code').startsWith('commander.')) return;
  if (exitCodeFor(error) === ExitCode.Interrupted) return say(dependencies, cancellation(error));
  const colours = await coloursFor(dependencies.stderr, dependencies.env);
  const message = error instanceof Error ? error.message : String(error);
  say(dependencies, `${colours.red('gprxy:')} ${printable(message)}`);
  for (const line of linesBelow(error)) say(dependencies, `  ${printable(line)}`);
  if (dependencies.env.GPRXY_DEBUG && error instanceof Error) say(dependencies, error.stack ?? '');
}

/** Whoever pressed Ctrl-C needs no reason and no advice. */
function cancellation(error: unknown): string {
  return error instanceof CliError ? error.message : 'Cancelled.';
}

function linesBelow(error: unknown): readonly string[] {
  const lines = [textOf(error, 'detail'), textOf(error, 'hint')].filter((line) => line !== '');
  if (lines.length > 0 || exitCodeFor(error) !== ExitCode.Unexpected) return lines;
  const path = textOf(error, 'path');
  // A file or directory that the system refused; its message says which way.
  return path !== '' && textOf(error, 'syscall') !== ''
    ? [`Make ${path} usable for you, then try again. "gprxy help files" tells what is kept where.`]
    : ['gprxy did not expect this. GPRXY_DEBUG=1 shows where it happened.'];
}

function textOf(error: unknown, property: 'code' | 'detail' | 'hint' | 'path' | 'syscall'): string {
  const value = error instanceof Error ? (error as unknown as Record<string, unknown>)[property] : undefined;
  return typeof value === 'string' ? value : '';
}
