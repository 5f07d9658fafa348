import type { Command } from 'commander';

const examplesByCommand = new WeakMap<Command, readonly string[]>();
const widestExample = 98;

/**
 * Gives a command the examples that end its `--help`. A line is a whole command line as one types it (`gprxy dsn app --for jdbc`), without a
 * prompt; a line that starts with `#` is a remark on the next one. A test runs every example through the real command line.
 */
export function withExamples(command: Command, lines: readonly string[]): Command {
  examplesByCommand.set(command, lines);
  return command.addHelpText('after', () => `\nExamples:\n${lines.map((line) => `  ${folded(line)}`).join('\n')}`);
}

/** The examples of a command, none where it has been given none. */
export function examplesOf(command: Command): readonly string[] {
  return examplesByCommand.get(command) ?? [];
}

/** Goes on in the next line, as a shell does, before an option that would not fit. */
function folded(line: string): string {
  if (line.length <= widestExample) return line;
  const rows = [''];
  for (const part of line.split(/ (?=--?[a-z])/)) {
    const row = rows.at(-1) ?? '';
    if (row.length + part.length < widestExample - 4) rows[rows.length - 1] = row === '' ? part : `${row} ${part}`;
    else rows.push(part);
  }
  return rows.join(' \\\n      ');
}
