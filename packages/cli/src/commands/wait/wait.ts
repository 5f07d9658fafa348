import { CliError } from '../../cli-error.ts';
import type { Dependencies } from '../../dependencies.ts';
import { poll } from '../../poll.ts';
import { sidecarStatus } from '../../running-sidecar.ts';
import { sayProblem } from '../../say-problem.ts';
import { startHint } from '../../start-hint.ts';
import type { WaitOptions } from './wait-command.ts';

export async function wait({ timeout }: WaitOptions, dependencies: Dependencies): Promise<void> {
  const running = await poll(
    async () => {
      const status = await sidecarStatus(dependencies);
      return status?.state === 'running' ? status : undefined;
    },
    dependencies,
    { timeoutMs: timeout },
  );
  for (const problem of running?.problems ?? []) sayProblem(problem, dependencies);
  if (running !== undefined) return;
  throw new CliError(`the sidecar is not running after ${timeout / 1000} s`, {
    code: 'ERR_NOT_RUNNING',
    hint: await startHint(dependencies, '; "gprxy logs" tells why it did not start.'),
  });
}
