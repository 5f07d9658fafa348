import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import type { Keytar } from './keytar.ts';

/**
 * Runs in the child. One call: the arguments come and the result goes as JSON, on pipes that nobody else can read. It may outlive its
 * parent for as long as a person looks at a prompt; a thread that is blocked lets a process end by SIGKILL only.
 */
const program = `
const keytar = require(process.argv[1]);
setTimeout(() => process.kill(process.pid, 'SIGKILL'), 300_000).unref();
let text = '';
process.stdout.on('error', () => process.exit());
process.stdin.setEncoding('utf8').on('data', (more) => { text += more; }).on('end', async () => {
  const { call, values } = JSON.parse(text);
  const answer = await keytar[call](...values).then((value) => ({ value }), (error) => ({ error: error.message }));
  process.stdout.write(JSON.stringify(answer), () => process.exit());
});`;

/** What runs us is no Node that takes programs (a single executable is none): nothing was asked of the keychain. */
export class CannotRunApart extends Error {}

/**
 * keytar in a process of its own for each call. A call that blocks (a prompt is open, the keyring is silent) blocks that one; in our own it
 * would hold a thread that nothing can stop, and that the exit of the process waits for.
 */
export class KeytarApart implements Keytar {
  #child: ChildProcess | undefined;

  async getPassword(...values: [service: string, account: string]): Promise<string | null> {
    return (await this.#call('getPassword', values)) as string | null;
  }

  async setPassword(...values: [service: string, account: string, password: string]): Promise<void> {
    await this.#call('setPassword', values);
  }

  async deletePassword(...values: [service: string, account: string]): Promise<boolean> {
    return (await this.#call('deletePassword', values)) as boolean;
  }

  /** The call goes on, and this process may end before it. */
  letGo(): void {
    this.#child?.unref();
    (this.#child?.stdout as Socket | null | undefined)?.unref();
  }

  kill(): void {
    this.#child?.kill('SIGKILL');
  }

  async #call(call: keyof Keytar, values: string[]): Promise<unknown> {
    const keytar = createRequire(import.meta.url).resolve('keytar');
    const child = spawn(process.execPath, ['-e', program, keytar], { stdio: ['pipe', 'pipe', 'ignore'] });
    this.#child = child;
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (more: string) => {
      text += more;
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(JSON.stringify({ call, values }));
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    if (text === '' && exitCode) throw new CannotRunApart();
    return answerOf(text);
  }
}

/** No part of what does not parse is told: it may hold a token. */
function answerOf(text: string): unknown {
  let answer: { value?: unknown; error?: unknown };
  try {
    answer = JSON.parse(text);
  } catch {
    throw new Error('the process that asks the keychain ended without an answer');
  }
  if (typeof answer.error === 'string') throw new Error(answer.error);
  return answer.value;
}
