import { CliError } from '../../cli-error.ts';
import { connectionUrl } from '../../connection-url.ts';
import type { Dependencies } from '../../dependencies.ts';
import { clientEnvironment } from '../../local-session/client-environment.ts';
import { withLocalSession } from '../../local-session/with-local-session.ts';
import type { ExecOptions } from './exec-command.ts';

/** Runs a command against the running sidecar, or against one of its own; gives back the command's exit code. */
export async function exec(options: ExecOptions, dependencies: Dependencies): Promise<number> {
  const { command, args } = options;
  return withLocalSession(options, dependencies, async (target) => {
    const env = { ...clientEnvironment(dependencies.env, target), DATABASE_URL: connectionUrl(target) };
    const exitCode = await dependencies.runProgram({ command, args, env }).catch((error: NodeJS.ErrnoException) => {
      throw notStarted(command, error);
    });
    if (exitCode === undefined) throw noSuchCommand(command);
    return exitCode;
  });
}

function noSuchCommand(command: string): CliError {
  return new CliError(`there is no command "${command}"`, {
    code: 'ERR_COMMAND_NOT_FOUND',
    hint: "Check its name and PATH. What only a shell understands needs one: gprxy exec -- sh -c '...'",
  });
}

function notStarted(command: string, cause: NodeJS.ErrnoException): CliError {
  return new CliError(`the command "${command}" cannot be started (${cause.code ?? 'unknown error'})`, {
    code: 'ERR_COMMAND_NOT_STARTED',
    hint: 'Check that it is a program and that you may run it.',
    cause,
  });
}
