import type { Argument, Command, Option } from 'commander';
import { helpTopics } from '../help/help-topics.ts';

export interface Suggestion {
  readonly value: string;
  readonly description: string;
}

/** What may stand at the cursor; `files`: the shell knows best. */
export type Suggestions =
  | { readonly kind: 'words'; readonly words: readonly Suggestion[] }
  | { readonly kind: 'files' };

/** What is not in the command line's own definition. */
export interface CompletionSources {
  profileNames(): Promise<readonly string[]>;
  /** Of the profiles' upstreams: what else the server has, nobody has asked. */
  databaseNames(): Promise<readonly string[]>;
}

const nothing: Suggestions = { kind: 'words', words: [] };

/** What may take the place of `current`, given the words before it (without "gprxy"). */
export async function completeWords(
  program: Command,
  before: readonly string[],
  current: string,
  sources: CompletionSources,
): Promise<Suggestions> {
  const place = placeAfter(program, before);
  const equals = /^(--[\w-]+)=/.exec(current);
  if (place.option !== undefined) return matching(await valuesOf(place.option, sources), current);
  // From here on the words are another program's.
  if (place.passedThrough) return { kind: 'files' };
  if (equals !== null) {
    const option = optionCalled(place.command, equals[1] ?? '');
    return option === undefined ? nothing : matching(await valuesOf(option, sources), current, equals[0]);
  }
  if (current.startsWith('-')) return matching(optionsOf(place.command), current);
  return matching(await argumentsOf(place, before.slice(1), sources), current);
}

interface Place {
  readonly command: Command;
  /** Its value stands at the cursor. */
  readonly option: Option | undefined;
  /** How many arguments of the command came before. */
  readonly position: number;
  readonly passedThrough: boolean;
}

/** Reads words as commander will, as far as completion needs it. */
function placeAfter(program: Command, before: readonly string[]): Place {
  let command = program;
  let option: Option | undefined;
  let position = 0;
  let passedThrough = false;
  for (const word of before) {
    const wantsValue = option;
    option = undefined;
    if (passedThrough || wantsValue !== undefined) continue;
    if (word === '--') passedThrough = true;
    else if (word.startsWith('-')) option = takingValue(optionCalled(command, word));
    else {
      const inner = subcommand(command, word);
      if (inner === undefined) position++;
      command = inner ?? command;
      if (inner === undefined) passedThrough = handsOn(command) && position > 0;
    }
  }
  return { command, option, position, passedThrough };
}

function subcommand(command: Command, word: string): Command | undefined {
  return command.commands.find((inner) => inner.name() === word || inner.aliases().includes(word));
}

/** `psql` and `exec` take all that follows the database for another program. */
function handsOn(command: Command): boolean {
  return command.name() !== 'help' && command.registeredArguments.some(({ variadic }) => variadic);
}

function takesDatabase(command: Command): boolean {
  return ['psql', 'exec', 'dsn'].includes(command.name());
}

function takingValue(option: Option | undefined): Option | undefined {
  return option?.required ? option : undefined;
}

function optionCalled(command: Command, word: string): Option | undefined {
  return command.options.find(({ long, short }) => long === word || short === word);
}

function optionsOf(command: Command): Suggestions {
  const options = command.createHelp().visibleOptions(command);
  const words = options.flatMap(({ long, description }) => (long ? [{ value: long, description }] : []));
  return { kind: 'words', words };
}

async function valuesOf(option: Option, sources: CompletionSources): Promise<Suggestions> {
  if (option.long === '--profile') return profiles(sources);
  if (option.argChoices) return plain(option.argChoices);
  return /<(file|pem|directory)>/.test(option.flags) ? { kind: 'files' } : nothing;
}

async function argumentsOf(
  { command, position }: Place,
  before: readonly string[],
  sources: CompletionSources,
): Promise<Suggestions> {
  const inner = command.createHelp().visibleCommands(command);
  if (inner.length > 0) return commandsIn(inner);
  if (command.name() === 'help' && command.parent) return commandsToAskAbout(command.parent, before);
  const argument: Argument | undefined = command.registeredArguments[position];
  if (argument?.argChoices) return plain(argument.argChoices);
  if (position === 0 && takesDatabase(command)) return plain(await sources.databaseNames(), 'database');
  if (command.parent?.name() === 'profiles' && command.name() !== 'add' && argument) return profiles(sources);
  return nothing;
}

function commandsIn(commands: readonly Command[]): Suggestions {
  return { kind: 'words', words: commands.map((one) => ({ value: one.name(), description: one.summary() })) };
}

/** `gprxy help profiles a`: commands, those within them, and topics. */
function commandsToAskAbout(program: Command, words: readonly string[]): Suggestions {
  const command = words.reduce<Command | undefined>((outer, word) => outer && subcommand(outer, word), program);
  const topics =
    command === program ? helpTopics.map(({ name, summary }) => ({ value: name, description: summary })) : [];
  const commands = commandsIn(command?.createHelp().visibleCommands(command) ?? []);
  return commands.kind === 'words' ? { kind: 'words', words: [...commands.words, ...topics] } : commands;
}

async function profiles(sources: CompletionSources): Promise<Suggestions> {
  return plain(await sources.profileNames(), 'profile');
}

function plain(values: readonly string[], description = ''): Suggestions {
  return { kind: 'words', words: values.map((value) => ({ value, description })) };
}

function matching(suggestions: Suggestions, current: string, prefix = ''): Suggestions {
  if (suggestions.kind === 'files') return suggestions;
  const words = suggestions.words.map(({ value, description }) => ({ value: `${prefix}${value}`, description }));
  return { kind: 'words', words: words.filter(({ value }) => value.startsWith(current)) };
}
