import type { Log } from './log.ts';

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** `pretty`: one readable line per record, for terminals; `json`: pino's own lines. */
  readonly format: 'json' | 'pretty';
  write(line: string): void;
}

/** A pino logger with secrets redacted. pino is loaded here, not at import. */
export function createLog(_options: LogOptions): Promise<Log> {
  throw new Error('not written yet');
}
