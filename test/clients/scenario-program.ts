import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { leash } from '@gprxy/testkit';

const END = '--- end';

/**
 * A program in another language that runs scenarios by name. It reads a line `NAME<TAB>CONNECTION` for each, and writes
 * what the scenario saw, line by line, then `--- end`.
 */
export class ScenarioProgram {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  #stderr = '';

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.#child = leash(spawn(command, args, { env: { ...process.env, ...env } }));
    this.#child.stdin.on('error', () => undefined);
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.#lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]();
  }

  async run(name: string, connection: string): Promise<string[]> {
    this.#child.stdin.write(`${name}\t${connection}\n`);
    const transcript: string[] = [];
    for (;;) {
      const { value: line, done } = await this.#lines.next();
      if (done) throw new Error(`ended in "${name}":\n${transcript.join('\n')}\n${this.#stderr}`);
      if (line === END) return transcript;
      transcript.push(line);
    }
  }

  stop(): void {
    this.#child.stdin.end();
  }
}
