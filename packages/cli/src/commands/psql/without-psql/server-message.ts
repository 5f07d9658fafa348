import { CliError } from '../../../cli-error.ts';
import { printable } from '../../../printable.ts';

interface ServerFields {
  readonly severity?: string | undefined;
  readonly message?: string | undefined;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
}

/** An error or notice of the server in the lines psql prints. */
export function serverMessage(fields: ServerFields): readonly string[] {
  const { severity = 'ERROR', message = '', detail, hint } = fields;
  return [
    `${severity}:  ${printable(message)}`,
    ...(detail === undefined ? [] : [`DETAIL:  ${printable(detail)}`]),
    ...(hint === undefined ? [] : [`HINT:  ${printable(hint)}`]),
  ];
}

/** Whether the server said it about a statement, so that the session goes on. */
export function isStatementError(error: unknown): error is Error & ServerFields {
  return error instanceof Error && 'severity' in error && error.severity === 'ERROR';
}

/** No session came about, or it broke: what the sidecar or the server said of it. */
export function connectionError(cause: unknown): Error {
  if (cause instanceof CliError || !(cause instanceof Error)) return cause as Error;
  const { detail, hint } = cause as ServerFields;
  return new CliError(cause.message, { code: 'ERR_UPSTREAM', detail, hint, cause });
}
