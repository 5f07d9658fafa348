import { Command } from 'commander';
import { type CompletionCalls, defineCompletion } from './commands/completion/completion-command.ts';
import { defineDoctor } from './commands/doctor/doctor-command.ts';
import { defineDsn } from './commands/dsn/dsn-command.ts';
import { defineExec } from './commands/exec/exec-command.ts';
import { defineGetToken } from './commands/get-token/get-token-command.ts';
import { defineLogin } from './commands/login/login-command.ts';
import { defineLogout } from './commands/logout/logout-command.ts';
import { defineProfiles, type ProfileCalls } from './commands/profiles/profiles-command.ts';
import { definePsql } from './commands/psql/psql-command.ts';
import { defineStart } from './commands/start/start-command.ts';
import { defineStatus } from './commands/status/status-command.ts';
import { defineStop } from './commands/stop/stop-command.ts';
import { defineWhoami } from './commands/whoami/whoami-command.ts';
import { applyEnvironmentOptions } from './environment-options.ts';
import type { Environment, Terminal } from './terminal.ts';

/** What the command line ends in, one call a command; the options are checked by then. */
export interface Commands extends ProfileCalls, CompletionCalls {
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
  status: Parameters<typeof defineStatus>[1];
}

export interface ProgramOptions {
  readonly version: string;
  readonly env: Environment;
  readonly stdout: Terminal;
  readonly stderr: Terminal;
}

/** The command line: arguments and environment to options. It rejects with CommanderError, and never ends the process. */
export function createProgram(commands: Commands, { version, env, stdout, stderr }: ProgramOptions): Command {
  const program = new Command('gprxy')
    .description('Reach PostgreSQL with your company login.')
    .version(version)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'gprxy: ').replace('\n(', '\n  (')),
    })
    .hook('preAction', (_program, command) => applyEnvironmentOptions(command, env));
  defineLogin(program, commands.login);
  defineLogout(program, commands.logout);
  defineWhoami(program, commands.whoami);
  defineGetToken(program, commands.getToken);
  definePsql(program, commands.psql);
  defineExec(program, commands.exec);
  defineDsn(program, commands.dsn);
  defineStart(program, commands.start);
  defineStop(program, commands.stop);
  defineStatus(program, commands.status);
  defineProfiles(program, commands);
  defineCompletion(program, commands);
  defineDoctor(program, commands.doctor);
  program.showHelpAfterError('  Run "gprxy help".');
  for (const command of program.commands) pointToHelp(command, `gprxy ${command.name()}`);
  return program;
}

function pointToHelp(command: Command, typed: string): void {
  command.showHelpAfterError(`  Run "${typed} --help".`);
  for (const inner of command.commands) pointToHelp(inner, `${typed} ${inner.name()}`);
}
