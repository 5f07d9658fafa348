import { describeFailure } from '../../describe-failure.ts';
import { ExitCode } from '../../exit-code.ts';

/** One thing that was looked at. */
export interface Row {
  readonly name: string;
  readonly status: 'ok' | 'warning' | 'failed';
  readonly message: string;
  readonly hint?: string | undefined;
  /** Of a failed row: whose fault it is. */
  readonly exitCode?: ExitCode;
}

export const ok = (name: string, message: string): Row => ({ name, status: 'ok', message });

export function failed(name: string, error: unknown, exitCode: ExitCode): Row {
  const { message, hint } = error instanceof Error ? described(error) : { message: String(error) };
  return { name, status: 'failed', message, hint, exitCode };
}

/** What Node says of a file leaves out what to do about it. */
function described(error: Error & { readonly hint?: string }): { message: string; hint?: string | undefined } {
  return 'syscall' in error ? describeFailure(error) : error;
}

/** The first of the exit codes, what the file itself is to blame for before what it leads to. */
export function exitCodeOf(rows: readonly Row[]): ExitCode {
  const order = [ExitCode.Configuration, ExitCode.ProviderUnreachable, ExitCode.Upstream];
  return order.find((exitCode) => rows.some((row) => row.exitCode === exitCode)) ?? ExitCode.Ok;
}

/** `colours`: of a terminal that wants them. */
export function toText(rows: readonly Row[], colours: boolean): string {
  const width = Math.max(...rows.map(({ name }) => name.length));
  return rows
    .map(({ name, status, message, hint }) => {
      const word = colours ? `\u001b[${COLOURS[status]}m${status.padEnd(7)}\u001b[0m` : status.padEnd(7);
      return `${word} ${name.padEnd(width)}  ${message}\n${hint === undefined ? '' : `        ${' '.repeat(width)}  ${hint}\n`}`;
    })
    .join('');
}

const COLOURS = { ok: 32, warning: 33, failed: 31 } as const;
