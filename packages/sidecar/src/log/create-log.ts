import type { Log } from './log.ts';

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** `pretty`: one readable line per record, for terminals; `json`: pino's own lines. */
  readonly format: 'json' | 'pretty';
  write(line: string): void;
}

/**
 * A pino logger. Secrets are not logged to begin with; should one slip in, fields of such names and anything that looks like a
 * JWT are blacked out on the way. pino is loaded here, not at import.
 */
export async function createLog({ level, format, write }: LogOptions): Promise<Log> {
  const { pino } = await import('pino');
  const lines = {
    write: (line: string) => write(printable(withoutTokens(format === 'json' ? line : `${prettyLogLine(line)}\n`))),
  };
  const log: Log = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, redact: REDACTED, ...LEVEL_NAMES },
    lines,
  );
  return log;
}

const REDACTED = ['token', 'password', 'secret', 'accessToken', 'refreshToken', 'authorization'].flatMap((name) => [
  name,
  `*.${name}`,
]);

const LEVEL_NAMES = { formatters: { level: (label: string) => ({ level: label }) } };

/** RFC 7519: three base64url parts, of which the first is JSON and so begins with `{"`. */
function withoutTokens(line: string): string {
  return line.replaceAll(/\beyJ[\w-]+\.[\w-]+(\.[\w-]*)*/g, '[redacted]');
}

/** JSON leaves these as they are, but a terminal obeys some of them: what a client calls its application could move the cursor. */
function printable(line: string): string {
  return line.replaceAll(
    /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A record of the log as people read it: `10:32:07 warn refused profile=prod error="..."`. Whatever is no such record stays as it is. */
export function prettyLogLine(line: string): string {
  const { time, level, msg, ...fields } = parseRecord(line);
  if (typeof time !== 'string' || typeof level !== 'string' || typeof msg !== 'string') return line;
  const pairs = Object.entries(fields).map(([name, value]) => `${name}=${prettyValue(value)}`);
  return [time.slice(11, 19), level, msg, ...pairs].join(' ');
}

function parseRecord(line: string): Record<string, unknown> {
  try {
    const record: unknown = JSON.parse(line);
    return typeof record === 'object' && record !== null ? (record as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Quoted, so that nothing a client chose can pass for another field. */
function prettyValue(value: unknown): string {
  return typeof value === 'string' && /^[\w.:/@-]+$/.test(value) ? value : JSON.stringify(value);
}
