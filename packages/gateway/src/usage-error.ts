/** The command line asks for something that cannot be done as it stands. */
export class UsageError extends Error {
  readonly code = 'ERR_USAGE';
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.name = 'UsageError';
    this.hint = hint;
  }
}
