import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { leash } from '@gprxy/testkit';

const START_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 5_000;
/** Whoever is not done by then hangs. */
const CLIENT_TIMEOUT_MS = 120_000;

/** A server that this process started, and that lives no longer than it. */
export interface Program {
  readonly pid: number;
  stop(): Promise<void>;
}

export interface ProgramOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** Sent to its standard input, which then ends. */
  readonly input?: string;
  /** Of 127.0.0.1; it is ready when it accepts there. */
  readonly port: number;
  readonly startTimeoutMs?: number;
}

/** Rejects with what the program wrote to stderr when it ends instead of listening. */
export async function startProgram(options: ProgramOptions): Promise<Program> {
  const { command, args, input, port, startTimeoutMs = START_TIMEOUT_MS } = options;
  const child = leash(spawn(command, args, { stdio: ['pipe', 'ignore', 'pipe'] }));
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-4_000);
  });
  const ended = new Promise<never>((_resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${command} ended with ${code}: ${stderr.trim()}`)));
  });
  ended.catch(() => {});
  await Promise.race([ended, accepts(port, startTimeoutMs)]);
  return { pid: child.pid ?? 0, stop: () => stop(child) };
}

async function accepts(port: number, timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await accepted(port))) {
    if (Date.now() > deadline) throw new Error(`nobody listens on port ${port} after ${timeoutMs} ms`);
    await sleep(20);
  }
}

function accepted(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  const killer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  child.kill('SIGTERM');
  await exited;
  clearTimeout(killer);
}

/** Runs a client to its end and returns its output; rejects with its stderr. */
export async function runClient(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, {
    env: { ...process.env, ...env },
    timeout: CLIENT_TIMEOUT_MS,
  });
  return stdout;
}
