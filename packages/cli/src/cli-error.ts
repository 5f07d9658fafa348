export interface CliErrorOptions {
  /** Stable, `ERR_...`; exit-code.ts decides by it. */
  readonly code: `ERR_${string}`;
  /** Why it happened, where the message does not say. */
  readonly detail?: string | undefined;
  /** What to type next. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/** Something the person at the terminal can act on: what happened (`message`), why (`detail`), what to do next (`hint`). */
export class CliError extends Error {
  readonly code: string;
  readonly detail: string | undefined;
  readonly hint: string | undefined;

  constructor(message: string, options: CliErrorOptions) {
    super(message, { cause: options.cause });
    this.name = 'CliError';
    this.code = options.code;
    this.detail = options.detail;
    this.hint = options.hint;
  }
}

/** The command line cannot be followed. */
export function usageError(message: string, hint: string): CliError {
  return new CliError(message, { code: 'ERR_USAGE', hint });
}

/** Ctrl-C: told as it stands, for it is no failure. */
export function interruptedError(cause?: unknown, message = 'Cancelled.'): CliError {
  return new CliError(message, { code: 'ERR_ABORTED', cause });
}
