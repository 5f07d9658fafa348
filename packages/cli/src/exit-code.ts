/** The process's exit codes. They are documented, so a script may rely on them. */
export const ExitCode = {
  Ok: 0,
  Unexpected: 1,
  Usage: 2,
  Configuration: 3,
  LoginNeeded: 4,
  Denied: 5,
  ProviderUnreachable: 6,
  Upstream: 7,
  StoreUnavailable: 8,
  /** As shells have it, of the command that `gprxy exec` was to run. */
  CommandNotStarted: 126,
  CommandNotFound: 127,
  Interrupted: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

const exitCodes: ReadonlyArray<readonly [pattern: RegExp, exitCode: ExitCode]> = [
  [/^ERR_(USAGE|NO_LOGIN)$/, ExitCode.Usage],
  [/^ERR_(CONFIG|DSN|USER_CLAIM|SOURCE_FAILED)/, ExitCode.Configuration],
  [/^ERR_LOGIN_(NEEDED|EXPIRED)$/, ExitCode.LoginNeeded],
  [/^ERR_(LOGIN_DENIED|PROVIDER_REFUSED)$/, ExitCode.Denied],
  [/^ERR_PROVIDER_UNREACHABLE$/, ExitCode.ProviderUnreachable],
  [/^ERR_UPSTREAM/, ExitCode.Upstream],
  [/^ERR_STORE_/, ExitCode.StoreUnavailable],
  [/^ERR_COMMAND_NOT_STARTED$/, ExitCode.CommandNotStarted],
  [/^ERR_COMMAND_NOT_FOUND$/, ExitCode.CommandNotFound],
  [/^(ERR_ABORTED|ABORT_ERR)$/, ExitCode.Interrupted],
];

/** The only place that turns an error into an exit code. */
export function exitCodeFor(error: unknown): number {
  const code = errorCode(error);
  if (code.startsWith('commander.')) return exitCodeOfCommander(error as { exitCode: number });
  return exitCodes.find(([pattern]) => pattern.test(code))?.[1] ?? ExitCode.Unexpected;
}

/** Shells report a child that a signal ended as 128 + the signal's number, and so does gprxy. */
export function exitCodeOfChild(code: number | null, signalNumber: number | undefined): number {
  return code ?? 128 + (signalNumber ?? 0);
}

/** commander "fails" with 0 when it printed the help or the version that was asked for; the rest is a mistake in the arguments. */
function exitCodeOfCommander(error: { exitCode: number }): ExitCode {
  return error.exitCode === 0 ? ExitCode.Ok : ExitCode.Usage;
}

function errorCode(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (typeof code === 'string') return code;
  return error instanceof Error && error.name === 'AbortError' ? 'ERR_ABORTED' : '';
}
