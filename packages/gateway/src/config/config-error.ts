export interface ConfigErrorOptions {
  readonly path: string;
  readonly line?: number | undefined;
  readonly hint?: string | undefined;
}

/** The configuration cannot be followed. The message names the file and, where it is known, the line. */
export class ConfigError extends Error {
  readonly code = 'ERR_CONFIG';
  readonly path: string;
  readonly line: number | undefined;
  readonly hint: string | undefined;

  constructor(problem: string, { path, line, hint }: ConfigErrorOptions) {
    super(`${line === undefined ? path : `${path}:${line}`}: ${problem}`);
    this.name = 'ConfigError';
    this.path = path;
    this.line = line;
    this.hint = hint;
  }
}
