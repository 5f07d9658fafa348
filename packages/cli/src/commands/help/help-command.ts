import { Argument, type Command } from 'commander';
import { withExamples } from '../../examples.ts';
import { helpTopics } from './help-topics.ts';

/** Prints a topic; commands print their own help. */
type PrintTopic = (text: string) => void;

/** `gprxy help`, with commands within commands, and topics. */
export function defineHelp(program: Command, printTopic: PrintTopic): void {
  const help = program
    .helpCommand(false)
    .command('help')
    .summary('help on a command or a topic')
    .description('Show the help of a command, or one of the topics environment, files and exit-codes.')
    .addArgument(new Argument('[command...]', 'a command, such as "profiles add", or a topic'))
    .action(async (words: readonly string[]) => {
      const topic = helpTopics.find(({ name }) => words.length === 1 && name === words[0]);
      if (topic !== undefined) return printTopic(topic.text);
      const command = commandCalled(program, words);
      if (command === undefined) await refuse(program, words, help);
      else command.outputHelp();
    });
  withExamples(help, ['gprxy help profiles add', 'gprxy help environment']);
}

function commandCalled(program: Command, words: readonly string[]): Command | undefined {
  return words.reduce<Command | undefined>(
    (outer, word) => outer?.commands.find((one) => one.name() === word || one.aliases().includes(word)),
    program,
  );
}

/** In the words of commander, which suggests what is near for commands and options. */
async function refuse(program: Command, words: readonly string[], help: Command): Promise<never> {
  const { closestWord } = await import('@gprxy/sidecar');
  const known = [...program.commands.flatMap(namesIn), ...helpTopics.map(({ name }) => name)];
  const near = closestWord(words.join(' '), known);
  const suggestion = near === undefined ? '' : `\n(Did you mean ${near}?)`;
  // Its own help only tells how to ask; the main page has every name.
  help.showHelpAfterError('  Run "gprxy help".');
  return help.error(`error: there is no command or topic "${words.join(' ')}"${suggestion}`, { exitCode: 2 });
}

function namesIn(command: Command): readonly string[] {
  if (command.name().startsWith('_')) return [];
  return [command.name(), ...command.commands.map((inner) => `${command.name()} ${inner.name()}`)];
}

/** What ends the main page: the topics in brief. */
export const mainPage = `
Topics (gprxy help TOPIC):
${helpTopics.map(({ name, summary }) => `  ${name.padEnd(12)} ${summary}`).join('\n')}

Files:
  ~/.config/gprxy/config.toml has the profiles; GPRXY_CONFIG names another file.
  Logins rest in the OS keychain.

Exit codes:
  0 ok, 1 unexpected, 2 usage, 3 configuration, 4 login needed, 5 denied,
  6 identity provider unreachable, 7 upstream unreachable or refused,
  8 token store unavailable, 130 interrupted`;

/** What ends every page but the main one. */
export const seeAlso = `
See also: gprxy help environment (each option as GPRXY_...), gprxy help exit-codes`;
