const CORRECT_THE_LINE = 'Correct that line, then run "gprxy doctor".';

export interface ConfigErrorOptions {
  readonly path: string;
  readonly line?: number | undefined;
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/**
 * The configuration file says something gprxy cannot follow. The message already names the file and the line; `problem` is the message
 * without them.
 */
export class ConfigError extends Error {
  readonly code = 'ERR_CONFIG';
  readonly problem: string;
  readonly path: string;
  readonly line: number | undefined;
  readonly hint: string | undefined;

  constructor(problem: string, options: ConfigErrorOptions) {
    const place = options.line === undefined ? options.path : `${options.path}:${options.line}`;
    super(`${place}: ${problem}`, { cause: options.cause });
    this.name = 'ConfigError';
    this.problem = problem;
    this.path = options.path;
    this.line = options.line;
    this.hint = options.hint ?? (options.line === undefined ? undefined : CORRECT_THE_LINE);
  }
}
