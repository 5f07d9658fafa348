import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';

/** A program on a terminal of its own (`script` of util-linux makes it), as when somebody types into it. */
export class Terminal implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #closed: Promise<unknown>;
  #shown = '';
  #seen = 0;

  /** @param command a line for `sh` */
  constructor(command: string, env: Readonly<Record<string, string>>, cwd: string) {
    this.#child = spawn('script', ['-qefc', command, '/dev/null'], { env: { TERM: 'dumb', ...env }, cwd });
    this.#closed = once(this.#child, 'close');
    this.#child.stdin.on('error', () => {}); // It may end before it has read all.
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#shown += text;
    });
  }

  type(keys: string): void {
    this.#child.stdin.write(keys);
  }

  /** Waits until the pattern is shown, behind what was waited for before. */
  async shows(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#shown.slice(this.#seen));
      if (match) {
        this.#seen += match.index + match[0].length;
        return match;
      }
      const more = once(this.#child.stdout, 'data').then(() => true);
      const goesOn = await Promise.race([more, this.#closed.then(() => false)]);
      if (!goesOn) throw new Error(`the terminal closed without showing ${pattern}:\n${this.#shown}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#closed;
  }
}
