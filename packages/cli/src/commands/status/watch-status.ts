import type { SidecarStatus } from '@gprxy/sidecar';
import type { Dependencies } from '../../dependencies.ts';
import { ExitCode } from '../../exit-code.ts';
import { poll } from '../../poll.ts';
import { sidecarStatus } from '../../running-sidecar.ts';
import { print } from '../../say.ts';
import { isInteractive } from '../../terminal.ts';
import type { StatusOptions } from './status-command.ts';
import { statusText } from './status-text.ts';

const intervalMs = 500;

/** Shows the status until Ctrl-C, also while no sidecar runs: one may be started, or come back. */
export async function watchStatus({ json }: StatusOptions, dependencies: Dependencies): Promise<number> {
  const { stdout, env } = dependencies;
  const show = !json && isInteractive(stdout, env) ? redraw(dependencies) : printChanges(dependencies);
  await poll<never>(async () => void show(await sidecarStatus(dependencies)) as undefined, dependencies, {
    intervalMs,
  }).catch((error: unknown) => {
    if (!dependencies.interrupts.signal.aborted) throw error;
  });
  return ExitCode.Interrupted;
}

type Show = (status: SidecarStatus | undefined) => void;

/** Over what it has drawn before. Lines are cut rather than wrapped, so that their number is known. */
function redraw({ stdout, now }: Dependencies): Show {
  let drawn = 0;
  return (status) => {
    const width = (stdout.columns ?? 80) - 1;
    const text = status === undefined ? ['gprxy is not running.'] : statusText(status, now(), width);
    const lines = [...text, '', 'Ctrl-C ends this.'].map((line) => line.slice(0, width));
    const back = drawn === 0 ? '' : `\u001b[${drawn}A\u001b[J`;
    stdout.write(`${back}${lines.join('\n')}\n`);
    drawn = lines.length;
  };
}

function printChanges(dependencies: Dependencies): Show {
  let before: string | undefined;
  return (status) => {
    const line = JSON.stringify({ version: 1, running: status !== undefined, ...status });
    if (line !== before) print(dependencies, line);
    before = line;
  };
}
