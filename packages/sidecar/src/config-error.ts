export interface ConfigErrorOptions {
  readonly path: string;
  readonly line?: number | undefined;
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/** The configuration file says something gprxy cannot follow. The message already names the file and the line. */
export class ConfigError extends Error {
  readonly code = 'ERR_CONFIG';
  readonly path: string;
  readonly line: number | undefined;
  readonly hint: string | undefined;

  constructor(problem: string, options: ConfigErrorOptions) {
    const place = options.line === undefined ? options.path : `${options.path}:${options.line}`;
    super(`${place}: ${problem}`, { cause: options.cause });
    this.name = 'ConfigError';
    this.path = options.path;
    this.line = options.line;
    this.hint = options.hint;
  }
}
