import { setTimeout as delay } from 'node:timers/promises';
import { interruptedError } from './cli-error.ts';
import type { Dependencies } from './dependencies.ts';

/** Asks again and again until there is an answer. Rejects with ERR_ABORTED on Ctrl-C; undefined when `timeoutMs` is over before. */
export async function poll<Answer>(
  ask: () => Promise<Answer | undefined>,
  { interrupts }: Pick<Dependencies, 'interrupts'>,
  { intervalMs = 100, timeoutMs = Number.POSITIVE_INFINITY }: { intervalMs?: number; timeoutMs?: number } = {},
): Promise<Answer | undefined> {
  const endsAt = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    const left = endsAt - performance.now();
    if (left <= 0) return undefined;
    await delay(Math.min(intervalMs, left), undefined, { signal: interrupts.signal }).catch((error: unknown) => {
      throw interruptedError(error);
    });
  }
}
