import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { leash } from '@gprxy/testkit';

export interface Ended {
  code: number | null;
  stdout: Buffer;
  stderr: string;
}

export interface RunOptions {
  env?: NodeJS.ProcessEnv;
  input?: string | Buffer;
  /** Called once the program runs. */
  onStart?(kill: (signal: NodeJS.Signals) => void): unknown;
}

/** Runs a program to its end. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const child = leash(spawn(command, args, { env: { ...process.env, ...options.env } }));
  const chunks: Buffer[] = [];
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const closed = once(child, 'close');
  await options.onStart?.((signal) => child.kill(signal));
  const [code] = await closed;
  return { code, stdout: Buffer.concat(chunks), stderr };
}
