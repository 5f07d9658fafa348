import type { SidecarStatus } from '@gprxy/sidecar';
import type { Dependencies } from '../../dependencies.ts';
import { firstLines, wrapLines } from './fit-lines.ts';
import { statusText } from './status-text.ts';

/** Of xterm, which all terminals know: the second screen without a cursor, and the way back. */
const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const [HOME, ERASE_LINE, ERASE_BELOW] = ['\u001b[H', '\u001b[K', '\u001b[J'];

/** A screen of its own, as `top` has it: what a window that changes its size does to lines is gone with the next look, and nothing scrolls away. */
export class Screen {
  readonly #dependencies: Dependencies;
  #state: 'outside' | 'entered' | 'left' = 'outside';
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
    stdout.write(`${this.#state === 'outside' ? ENTER : ''}${HOME}${drawn}${ERASE_BELOW}`);
    this.#state = 'entered';
  }

  /** Until the next look. */
  pause(): void {
    if (this.#state !== 'entered') return;
    this.#dependencies.stdout.write(LEAVE);
    this.#state = 'outside';
  }

  /** What was seen last stays below the command. */
  leave(): void {
    if (this.#state === 'entered') this.#dependencies.stdout.write(`${LEAVE}${this.#last.join('\n')}\n`);
    this.#state = 'left';
  }
}
