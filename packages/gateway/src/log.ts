type LogLine = (fields: Readonly<Record<string, unknown>>, message: string) => void;

/** What the gateway needs of a logger; pino has it. Tokens, passwords and keys are in no field. */
export interface Log {
  readonly debug: LogLine;
  readonly info: LogLine;
  readonly warn: LogLine;
  readonly error: LogLine;
}

const ignore = () => {};
export const silentLog: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
