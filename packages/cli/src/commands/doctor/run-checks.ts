import { CliError, interruptedError } from '../../cli-error.ts';
import { exitCodeFor } from '../../exit-code.ts';
import type { Check } from './check.ts';
import type { SetUp } from './set-up.ts';

/** One line of the report. */
export interface Result {
  readonly name: string;
  readonly verdict: 'ok' | 'warning' | 'problem' | 'skipped';
  readonly message: string;
  readonly detail?: string;
  readonly hint?: string;
  /** Of a problem: `ERR_...`. */
  readonly code?: string;
  /** Of a problem: what the process ends with if it is the first one. */
  readonly exitCode?: number;
}

/** Runs the checks beside each other, each as soon as those that it needs have passed. Rejects only when `signal` aborts. */
export async function runChecks(
  checks: readonly Check[],
  setUp: SetUp,
  signal: AbortSignal,
  onResult: (result: Result) => void = () => {},
): Promise<readonly Result[]> {
  const running = new Map<string, Promise<Result>>();
  for (const check of checks) {
    const needed = check.needs.map((name) => running.get(name) as Promise<Result>);
    const result = Promise.all(needed).then((before) => runCheck(check, before, setUp, signal));
    running.set(check.name, result);
    result.then(onResult, () => {});
  }
  return Promise.all(running.values());
}

async function runCheck(check: Check, needed: readonly Result[], setUp: SetUp, signal: AbortSignal): Promise<Result> {
  const { name } = check;
  const failed = needed.find(({ verdict }) => verdict === 'problem' || verdict === 'skipped');
  // What follows from what was not checked follows from the same trouble.
  if (failed?.verdict === 'skipped') return { ...failed, name };
  if (failed) return { name, verdict: 'skipped', message: `not checked: ${failed.name} comes first` };
  try {
    return { name, ...(await withinTime(check, setUp, signal)) };
  } catch (error) {
    if (signal.aborted) throw interruptedError(error);
    return { name, verdict: 'problem', ...describe(error) };
  }
}

/** A check may hang in a call that knows no signal; the report must not. */
async function withinTime({ run, timeoutMs }: Check, setUp: SetUp, signal: AbortSignal) {
  signal.throwIfAborted();
  const timeout = AbortSignal.timeout(timeoutMs);
  const either = AbortSignal.any([signal, timeout]);
  const gaveUp = new Promise<never>((_resolve, reject) => {
    either.addEventListener('abort', () => reject(tooSlow(timeoutMs)), { once: true });
  });
  // Checks that see the signal first fail with an error of their own; the reason is the same.
  const outcome = run(setUp, either).catch((error) => {
    throw timeout.aborted ? tooSlow(timeoutMs) : error;
  });
  return Promise.race([outcome, gaveUp]);
}

function tooSlow(timeoutMs: number): CliError {
  return new CliError(`no answer within ${timeoutMs / 1000} s`, {
    code: 'ERR_TIMEOUT',
    hint: 'Check the network or the VPN, then run "gprxy doctor" again.',
  });
}

function describe(error: unknown): Omit<Result, 'name' | 'verdict'> {
  const { message, detail, hint, code } = Object(error) as Record<string, unknown>;
  return {
    message: typeof message === 'string' ? message : String(error),
    ...(typeof detail === 'string' && { detail }),
    ...(typeof hint === 'string' && { hint }),
    ...(typeof code === 'string' && { code }),
    exitCode: exitCodeFor(error),
  };
}
