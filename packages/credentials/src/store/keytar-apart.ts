import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import type { Keytar } from './keytar.ts';

/**
 * Runs in the child. One call: the arguments come and the result goes as JSON, on pipes that nobody else can read. When the parent is gone,
 * so is its end of standard input; a blocked thread lets a process end by SIGKILL only.
 */
const program = `
const keytar = require(process.argv[1]);
let text = '';
process.stdin.setEncoding('utf8').on('data', async (more) => {
  text += more;
  if (!text.endsWith('\\n')) return;
  const { call, values } = JSON.parse(text);
  const answer = await keytar[call](...values).then((value) => ({ value }), (error) => ({ error: error.message }));
  process.stdout.write(JSON.stringify(answer), () => process.exit());
}).on('end', () => process.kill(process.pid, 'SIGKILL'));`;

/**
 * keytar in a process of its own for each call. A call that blocks (a prompt is open, the keyring is silent) blocks that one, which can be
 * killed; in our own it would hold a thread that nothing can stop and that the exit of the process waits for.
 *
 * @param signal kills what runs
 */
export function keytarApart(signal: AbortSignal): Keytar {
  const call = async (name: keyof Keytar, ...values: string[]) => answerOf(await run({ call: name, values }, signal));
  return {
    getPassword: async (...values) => (await call('getPassword', ...values)) as string | null,
    setPassword: async (...values) => void (await call('setPassword', ...values)),
    deletePassword: async (...values) => (await call('deletePassword', ...values)) as boolean,
  };
}

function run(request: { call: keyof Keytar; values: string[] }, signal: AbortSignal): Promise<string> {
  const keytar = createRequire(import.meta.url).resolve('keytar');
  const child = spawn(process.execPath, ['-e', program, keytar], { stdio: ['pipe', 'pipe', 'ignore'] });
  const kill = () => void child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  if (signal.aborted) kill();
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (more: string) => {
    text += more;
  });
  child.stdin.on('error', () => undefined);
  child.stdin.write(`${JSON.stringify(request)}\n`);
  return new Promise<string>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => resolve(text));
  }).finally(() => signal.removeEventListener('abort', kill));
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
