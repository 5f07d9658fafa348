import type { SetUp } from './set-up.ts';

/** What a check found in order, or nearly so. What is not in order it throws, as an error with `code` and `hint`. */
export interface Finding {
  readonly verdict: 'ok' | 'warning';
  readonly message: string;
  /** What to type next; a warning has one. */
  readonly hint?: string;
}

export interface Check {
  /** One or two words; the report is sorted as the table of checks is. */
  readonly name: string;
  /** Checks that would find the same trouble: when one of them has failed, this one is left out. */
  readonly needs: readonly string[];
  readonly timeoutMs: number;
  /** Rejects with what is wrong. The signal aborts when the time is up. */
  run(setUp: SetUp, signal: AbortSignal): Promise<Finding>;
}

export function ok(message: string): Finding {
  return { verdict: 'ok', message };
}

export function warning(message: string, hint: string): Finding {
  return { verdict: 'warning', message, hint };
}
