import { basename } from 'node:path';
import type { CredentialError } from '../errors.ts';
import { redact } from '../redact.ts';
import type { CommandSettings } from './credential-settings.ts';
import { type CommandEnd, type CommandOutcome, runCommand } from './run-command.ts';
import type { SourceDependencies } from './source-dependencies.ts';
import { sourceFailed } from './source-failed.ts';

/** What tells a command of kubectl's kind that nobody can answer questions (client.authentication.k8s.io). */
const kubernetesExecInfo = JSON.stringify({
  apiVersion: 'client.authentication.k8s.io/v1',
  kind: 'ExecCredential',
  spec: { interactive: false },
});

/** The profiles whose commands are running around us. */
const nestingVariable = 'GPRXY_COMMAND_OF';

/**
 * What a command of the profile prints. Its arguments are in no message, since a secret may be among them; of what it says on
 * standard error the end is, without whatever looks like a token.
 *
 * @throws CredentialError `ERR_SOURCE_FAILED`, `ERR_ABORTED`
 */
export async function commandText(
  command: CommandSettings,
  deps: SourceDependencies,
  signal: AbortSignal,
): Promise<string> {
  const name = commandName(command);
  const nesting = (deps.env[nestingVariable] ?? '').split(',').filter((profile) => profile !== '');
  if (nesting.includes(deps.profile)) {
    throw sourceFailed(
      `${name} asks for a token of profile "${deps.profile}", which it was run for`,
      'Name another profile in that command, by --profile.',
    );
  }
  const env = {
    ...deps.env,
    GPRXY_PROFILE: deps.profile,
    [nestingVariable]: [...nesting, deps.profile].join(','),
    KUBERNETES_EXEC_INFO: kubernetesExecInfo,
  };
  return textOf(await runCommand(command, env, signal), command);
}

/** For messages. */
export function commandName({ argv: [program] }: CommandSettings): string {
  return `the command "${basename(program)}"`;
}

function textOf(outcome: CommandOutcome, command: CommandSettings): string {
  const name = commandName(command);
  switch (outcome.kind) {
    case 'ended':
      if (outcome.exitCode === 0) return outcome.stdout;
      throw endedBadly(name, outcome);
    case 'not-started':
      throw notStarted(name, outcome.code);
    case 'too-slow':
      throw sourceFailed(
        `${name} did not end within ${command.timeoutMs / 1_000} s`,
        'Run it by hand to see what it waits for; it gets no input. "command_timeout" in the profile gives it longer.',
      );
    case 'too-much':
      throw sourceFailed(`${name} printed more than 1 MiB`, 'It has to print a token and nothing else.');
  }
}

function endedBadly(name: string, { exitCode, signal, stdout, stderr }: CommandEnd): CredentialError {
  const how = exitCode === null ? `was ended by ${signal}` : `ended with exit code ${exitCode}`;
  const lastLines = stderr.trim().split('\n').slice(-3).join(' ');
  const words = redact(lastLines, stdout.split(/\s+/));
  return sourceFailed(
    words === '' ? `${name} ${how} and said nothing` : `${name} ${how}: ${words}`,
    'Run it by hand to see what is wrong; it gets no input and no terminal.',
  );
}

function notStarted(name: string, code: string): CredentialError {
  if (code === 'ENOENT') {
    return sourceFailed(
      `${name} was not found`,
      'Correct "command" in the profile: a program of PATH, or a file. A daemon has the PATH that "gprxy start" had.',
    );
  }
  const what = code === 'EACCES' ? 'is not executable' : `could not be started (${code})`;
  return sourceFailed(`${name} ${what}`, 'Correct "command" in the profile.');
}
