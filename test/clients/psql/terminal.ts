import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { leash } from '@gprxy/testkit';

/** A program on a terminal of its own, at which the test types. */
export class Terminal {
  readonly #child: ChildProcessWithoutNullStreams;
  #screen = '';
  #changed: () => void = () => undefined;

  /**
   * `script` makes the terminal; that of util-linux has other arguments than BSD's. The command takes the place of the
   * shell that starts it (`exec`): a shell that waited for it would get Ctrl-C too, and dash then ends with 130.
   */
  constructor(command: string, env: NodeJS.ProcessEnv) {
    const isLinux = process.platform === 'linux';
    const args = isLinux
      ? ['-q', '-e', '-c', `exec ${command}`, '/dev/null']
      : ['-q', '/dev/null', 'sh', '-c', `exec ${command}`];
    this.#child = leash(spawn('script', args, { env: { ...process.env, SHELL: '/bin/sh', TERM: 'dumb', ...env } }));
    this.#child.stdin.on('error', () => undefined);
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#screen += text;
      this.#changed();
    });
    this.#child.once('close', () => this.#changed());
  }

  type(keys: string): void {
    this.#child.stdin.write(keys);
  }

  /** Waits until `text` stands on the screen, and returns what came up to there since the last call. */
  async see(text: string): Promise<string> {
    while (!this.#screen.includes(text)) {
      if (this.#child.exitCode !== null) throw new Error(`ended without showing "${text}":\n${this.#screen}`);
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
    const end = this.#screen.indexOf(text) + text.length;
    const seen = this.#screen.slice(0, end);
    this.#screen = this.#screen.slice(end);
    return seen.replaceAll('\r\n', '\n');
  }

  async closed(): Promise<number | null> {
    if (this.#child.exitCode === null) await once(this.#child, 'close');
    return this.#child.exitCode;
  }
}

export const CTRL_C = '\x03';
