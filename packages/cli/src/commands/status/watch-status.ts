import type { SidecarStatus } from '@gprxy/sidecar';
import type { Dependencies } from '../../dependencies.ts';
import { ExitCode } from '../../exit-code.ts';
import { poll } from '../../poll.ts';
import { sidecarStatus } from '../../running-sidecar.ts';
import { print } from '../../say.ts';
import { isInteractive } from '../../terminal.ts';
import { firstLines, wrapLines } from './fit-lines.ts';
import type { StatusOptions } from './status-command.ts';
import { statusText } from './status-text.ts';

const intervalMs = 500;

/** Shows the status until Ctrl-C, also while no sidecar runs: one may be started, or come back. */
export async function watchStatus({ json }: StatusOptions, dependencies: Dependencies): Promise<number> {
  const { stdout, env, interrupts } = dependencies;
  const screen = !json && isInteractive(stdout, env) ? new Screen(dependencies) : undefined;
  const show: Show = screen ? (status) => screen.show(status) : printChanges(dependencies);
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
  }
  return ExitCode.Interrupted;
}

type Show = (status: SidecarStatus | undefined) => void;

/** Of xterm, which all terminals know: the second screen without a cursor, and the way back. */
const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const [HOME, ERASE_LINE, ERASE_BELOW] = ['\u001b[H', '\u001b[K', '\u001b[J'];

/** A screen of its own, as `top` has it: what a window that changes its size does to lines is gone with the next look, and nothing scrolls away. */
class Screen {
  readonly #dependencies: Dependencies;
  #state: 'new' | 'entered' | 'left' = 'new';
  #last: readonly string[] = [];

  constructor(dependencies: Dependencies) {
    this.#dependencies = dependencies;
  }

  show(status: SidecarStatus | undefined): void {
    const { stdout, now } = this.#dependencies;
    if (this.#state === 'left') return;
    const columns = (stdout.columns ?? 80) - 1;
    this.#last = status === undefined ? ['gprxy is not running.'] : statusText(status, now(), columns);
    const room = (stdout.rows ?? 24) - 2;
    const lines = [...firstLines(wrapLines(this.#last, columns), room), '', 'Ctrl-C ends this.'];
    const drawn = lines.map((line) => `${line}${ERASE_LINE}`).join('\n');
    stdout.write(`${this.#state === 'new' ? ENTER : ''}${HOME}${drawn}${ERASE_BELOW}`);
    this.#state = 'entered';
  }

  /** What was seen last stays below the command. */
  leave(): void {
    if (this.#state === 'entered') this.#dependencies.stdout.write(`${LEAVE}${this.#last.join('\n')}\n`);
    this.#state = 'left';
  }
}

function printChanges(dependencies: Dependencies): Show {
  let before: string | undefined;
  return (status) => {
    const line = JSON.stringify({ version: 1, running: status !== undefined, ...status });
    if (line !== before) print(dependencies, line);
    before = line;
  };
}
