import { closestWord } from '@gprxy/sidecar';
import type { Command } from 'commander';

/** What commander says of a word that `command` does not know, and the one that was probably meant. */
export function withSuggestion(text: string, command: Command): string {
  const [message, kind, typed] = /^error: unknown (command|option) '(-*[^'=]*).*'/.exec(text) ?? [];
  if (message === undefined || kind === undefined || typed === undefined) return text;
  const meant = kind === 'command' ? closestWord(typed, commandsOf(command)) : closestOption(typed, command);
  return meant === undefined ? text : `${message}\n(Did you mean ${meant}?)${text.slice(message.length)}`;
}

function commandsOf(command: Command): readonly string[] {
  const visible = command.createHelp().visibleCommands(command);
  return visible.map((inner) => inner.name());
}

function closestOption(typed: string, command: Command): string | undefined {
  const options = command.createHelp().visibleOptions(command);
  const names = options.flatMap(({ long }) => long?.replace(/^--/, '') ?? []);
  const meant = typed.startsWith('--') ? closestWord(typed.slice(2), names) : undefined;
  return meant && `--${meant}`;
}
