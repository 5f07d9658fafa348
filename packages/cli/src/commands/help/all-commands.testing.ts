import { Writable } from 'node:stream';
import type { Command } from 'commander';
import { runInWorld } from '../../dependencies.testing.ts';
import { examplesOf } from '../../examples.ts';
import { type Commands, createProgram } from '../../program.ts';
import { helpTopics } from './help-topics.ts';

interface ListedCommand {
  /** As typed behind `gprxy`. */
  readonly typed: string;
  readonly command: Command;
  readonly examples: readonly string[];
}

/** Every command that the help shows, in its order; those within commands behind the one that they are in. */
export function allCommands(): readonly ListedCommand[] {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const program = createProgram({} as Commands, { version: '1.2.3', env: {}, stdout: nowhere, stderr: nowhere });
  return commandsIn(program, []);
}

function commandsIn(outer: Command, path: readonly string[]): readonly ListedCommand[] {
  const visible = outer.createHelp().visibleCommands(outer);
  return visible.flatMap((command) => {
    const words = [...path, command.name()];
    return [{ typed: words.join(' '), command, examples: examplesOf(command) }, ...commandsIn(command, words)];
  });
}

/** What `gprxy COMMAND --help` prints; the main page for an empty text. */
export async function helpOf(typed: string): Promise<string> {
  const words = typed === '' ? [] : typed.split(' ');
  return (await runInWorld([...words, '--help'], { columns: 80 })).stdout;
}

/** docs/commands.md: every command's help, and the topics. */
export async function commandsPage(): Promise<string> {
  const sections = await Promise.all(
    allCommands().map(async ({ typed }) => `## gprxy ${typed}\n\n${fenced(await helpOf(typed))}`),
  );
  return [
    '# Commands',
    'What `gprxy help` and `gprxy COMMAND --help` print; a test keeps this page to it.',
    fenced(await helpOf('')),
    ...sections,
    ...helpTopics.map(({ name, text }) => `## gprxy help ${name}\n\n${fenced(text)}`),
    '',
  ]
    .join('\n\n')
    .trimEnd()
    .concat('\n');
}

function fenced(text: string): string {
  return `\`\`\`text\n${text.trimEnd()}\n\`\`\``;
}
