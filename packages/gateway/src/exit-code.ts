/** The process's exit codes. They are those of the gprxy command, and documented: a script may rely on them. */
export const ExitCode = {
  Ok: 0,
  Unexpected: 1,
  Usage: 2,
  Configuration: 3,
  Denied: 5,
  ProviderUnreachable: 6,
  Upstream: 7,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

const EXIT_CODES: ReadonlyArray<readonly [pattern: RegExp, exitCode: ExitCode]> = [
  [/^ERR_USAGE$/, ExitCode.Usage],
  // What the file leads to: files that are not there, addresses that are taken.
  [/^(ERR_CONFIG|ERR_DSN|ERR_OSSL|ERR_TLS|E[A-Z]+$)/, ExitCode.Configuration],
  // Five characters are an SQLSTATE, from the server itself.
  [/^(ERR_UPSTREAM.*|[0-9A-Z]{5})$/, ExitCode.Upstream],
];

/** The only place that turns an error into an exit code. */
export function exitCodeFor(error: unknown): ExitCode {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code.startsWith('commander.'))
    return (error as { exitCode?: number }).exitCode === 0 ? ExitCode.Ok : ExitCode.Usage;
  return EXIT_CODES.find(([pattern]) => pattern.test(code))?.[1] ?? ExitCode.Unexpected;
}
