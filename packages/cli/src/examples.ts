import type { Command } from 'commander';

const examplesByCommand = new WeakMap<Command, readonly string[]>();

/**
 * Gives a command the examples that end its `--help`. A line is a whole command line as one types it (`gprxy dsn app --for jdbc`), without a
 * prompt; a line that starts with `#` is a remark on the next one. A test runs every example through the real command line.
 */
export function withExamples(command: Command, lines: readonly string[]): Command {
  examplesByCommand.set(command, lines);
  return command.addHelpText('after', () => `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`);
}

/** The examples of a command, none where it has been given none. */
export function examplesOf(command: Command): readonly string[] {
  return examplesByCommand.get(command) ?? [];
}
