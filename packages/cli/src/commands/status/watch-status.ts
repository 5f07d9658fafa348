import type { SidecarStatus } from '@gprxy/sidecar';
import type { Dependencies } from '../../dependencies.ts';
import { ExitCode } from '../../exit-code.ts';
import { poll } from '../../poll.ts';
import { sidecarStatus } from '../../running-sidecar.ts';
import { print } from '../../say.ts';
import { isInteractive } from '../../terminal.ts';
import { giveScreenBack } from './give-screen-back.ts';
import { Screen } from './screen.ts';
import type { StatusOptions } from './status-command.ts';

const intervalMs = 500;

/** Shows the status until Ctrl-C, also while no sidecar runs: one may be started, or come back. */
export async function watchStatus({ json }: StatusOptions, dependencies: Dependencies): Promise<number> {
  const { stdout, env, interrupts } = dependencies;
  const screen = !json && isInteractive(stdout, env) ? new Screen(dependencies) : undefined;
  const show: Show = screen ? (status) => screen.show(status) : printChanges(dependencies);
  const stopListening = screen && giveScreenBack(screen, dependencies);
  // At once, and not when an answer that is under way has come: a second Ctrl-C ends the process as it is.
  interrupts.signal.addEventListener('abort', () => screen?.leave(), { once: true });
  try {
    await poll<never>(async () => void show(await sidecarStatus(dependencies)) as undefined, dependencies, {
      intervalMs,
    });
  } catch (error) {
    if (!interrupts.signal.aborted) throw error;
  } finally {
    screen?.leave();
    stopListening?.();
  }
  return ExitCode.Interrupted;
}

type Show = (status: SidecarStatus | undefined) => void;

function printChanges(dependencies: Dependencies): Show {
  let before: string | undefined;
  return (status) => {
    const line = JSON.stringify({ version: 1, running: status !== undefined, ...status });
    if (line !== before) print(dependencies, line);
    before = line;
  };
}
