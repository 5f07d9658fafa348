import { Command } from 'commander';
import { type CompletionCalls, defineCompletion } from './commands/completion/completion-command.ts';
import { defineDoctor } from './commands/doctor/doctor-command.ts';
import { defineDsn } from './commands/dsn/dsn-command.ts';
import { defineExec } from './commands/exec/exec-command.ts';
import { defineGetToken } from './commands/get-token/get-token-command.ts';
import { defineHelp, mainPage, seeAlso } from './commands/help/help-command.ts';
import { defineLogin } from './commands/login/login-command.ts';
import { defineLogout } from './commands/logout/logout-command.ts';
import { defineLogs } from './commands/logs/logs-command.ts';
import { defineProfiles, type ProfileCalls } from './commands/profiles/profiles-command.ts';
import { definePsql } from './commands/psql/psql-command.ts';
import { defineReload } from './commands/reload/reload-command.ts';
import { defineRestart } from './commands/restart/restart-command.ts';
import { defineService, type ServiceCalls } from './commands/service/service-command.ts';
import { defineStart } from './commands/start/start-command.ts';
import { defineStatus } from './commands/status/status-command.ts';
import { defineStop } from './commands/stop/stop-command.ts';
import { defineWait } from './commands/wait/wait-command.ts';
import { defineWhoami } from './commands/whoami/whoami-command.ts';
import { applyEnvironmentOptions } from './environment-options.ts';
import { withExamples } from './examples.ts';
import type { Environment, Output, Terminal } from './terminal.ts';
import { withSuggestion } from './with-suggestion.ts';

/** What the command line ends in, one call a command; the options are checked by then. */
export interface Commands extends ProfileCalls, CompletionCalls, ServiceCalls {
  login: Parameters<typeof defineLogin>[1];
  logout: Parameters<typeof defineLogout>[1];
  whoami: Parameters<typeof defineWhoami>[1];
  getToken: Parameters<typeof defineGetToken>[1];
  psql: Parameters<typeof definePsql>[1];
  exec: Parameters<typeof defineExec>[1];
  dsn: Parameters<typeof defineDsn>[1];
  doctor: Parameters<typeof defineDoctor>[1];
  start: Parameters<typeof defineStart>[1];
  stop: Parameters<typeof defineStop>[1];
  restart: Parameters<typeof defineRestart>[1];
  reload: Parameters<typeof defineReload>[1];
  wait: Parameters<typeof defineWait>[1];
  status: Parameters<typeof defineStatus>[1];
  logs: Parameters<typeof defineLogs>[1];
}

export interface ProgramOptions {
  readonly version: string;
  readonly env: Environment;
  readonly stdout: Output;
  readonly stderr: Terminal;
}

/** The command line: arguments and environment to options. It rejects with CommanderError, and never ends the process. */
export function createProgram(commands: Commands, options: ProgramOptions): Command {
  // Standard error is made when somebody asks for it: hence no destructuring.
  const { version, env, stdout } = options;
  const program = new Command('gprxy')
    .description('Reach PostgreSQL with your company login.')
    .version(version)
    .enablePositionalOptions()
    .exitOverride()
    .showSuggestionAfterError(false)
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void options.stderr.write(text),
      getOutHelpWidth: () => helpWidth(stdout),
      getErrHelpWidth: () => helpWidth(options.stderr),
    })
    .hook('preAction', (_program, command) => applyEnvironmentOptions(command, env));
  defineCommands(program, commands);
  defineHelp(program, (text) => void stdout.write(`${text}\n`));
  withExamples(program, examples).addHelpText('after', mainPage);
  program.showHelpAfterError('  Run "gprxy help".');
  suggest(program);
  for (const command of program.commands) pointToHelp(command, `gprxy ${command.name()}`);
  return program;
}

/** In the order of `gprxy help`. */
function defineCommands(program: Command, commands: Commands): void {
  program.commandsGroup('Sign in:');
  defineLogin(program, commands.login);
  defineLogout(program, commands.logout);
  defineWhoami(program, commands.whoami);
  defineGetToken(program, commands.getToken);
  program.commandsGroup('Connect:');
  definePsql(program, commands.psql);
  defineExec(program, commands.exec);
  defineDsn(program, commands.dsn);
  program.commandsGroup('The sidecar:');
  defineStart(program, commands.start);
  defineStop(program, commands.stop);
  defineRestart(program, commands.restart);
  defineReload(program, commands.reload);
  defineWait(program, commands.wait);
  defineStatus(program, commands.status);
  defineLogs(program, commands.logs);
  defineService(program, commands);
  program.commandsGroup('Set up:');
  defineProfiles(program, commands);
  defineDoctor(program, commands.doctor);
  defineCompletion(program, commands);
}

const examples = [
  '# the first time',
  'gprxy profiles add prod --issuer https://login.corp.example --client-id gprxy-cli --upstream postgresql://gateway.corp.example:6432',
  'gprxy login',
  '# from then on, as yourself',
  'gprxy psql sales',
  '# for every other client',
  'gprxy start --detach',
  'gprxy dsn sales --for jdbc',
];

/** As our own errors are told. */
function inOurWords(text: string): string {
  return text
    .replace(/^error: /, 'gprxy: ')
    .replace(/command-argument value '(.*)' is invalid for argument '(.*)'\. /, `'$1' is no $2 that gprxy knows. `)
    .replace('\n(', '\n  (');
}

/** Long lines are hard to read, however wide the window is. */
function helpWidth({ columns = 80 }: Output): number {
  return Math.min(columns, 100);
}

/** Errors are told in our words; what was probably meant, each command has to know itself. */
function suggest(command: Command): void {
  command.configureOutput({ outputError: (text, write) => write(inOurWords(withSuggestion(text, command))) });
  for (const inner of command.commands) suggest(inner);
}

/** A mistake names the help of the command that it was made at; every command's help ends with the same hint. */
function pointToHelp(command: Command, typed: string): void {
  // "gprxy help profiles add" is what "gprxy profiles help add" would be.
  if (command.commands.length > 0) command.helpCommand(false);
  else command.addHelpText('after', seeAlso);
  // Whoever forgets the separator of exec gets to hear of an option that gprxy does not have.
  const separator = typed === 'gprxy exec' ? 'A command goes behind "--": gprxy exec [DATABASE] -- COMMAND.\n  ' : '';
  command.showHelpAfterError(`  ${separator}Run "${typed} --help".`);
  for (const inner of command.commands) pointToHelp(inner, `${typed} ${inner.name()}`);
}
