import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { orAborted, throwIfAborted } from '../abort.ts';
import type { CommandSettings } from './credential-settings.ts';
import { killProcessGroup } from './kill-process-group.ts';

const maxStdoutBytes = 1_048_576;
const keptStderrBytes = 4_096;
/** A program of the background may hold our pipe open for ever; what the command itself said is there by then. */
const closeGraceMs = 500;

export interface CommandEnd {
  readonly kind: 'ended';
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  /** The last of it. */
  readonly stderr: string;
}

export type CommandOutcome =
  | CommandEnd
  | { readonly kind: 'not-started'; readonly code: string }
  | { readonly kind: 'too-slow' }
  | { readonly kind: 'too-much' };

type Child = ChildProcessByStdio<null, Readable, Readable>;

/**
 * Runs a command without a shell and without a terminal: one that asks for a password fails at once rather than wait for an answer
 * that nobody can type. It leads a process group of its own, and all of that is killed when it takes too long, says too much, or the
 * signal aborts; then this rejects with CredentialError `ERR_ABORTED`.
 */
export async function runCommand(
  { argv, timeoutMs }: CommandSettings,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<CommandOutcome> {
  throwIfAborted(signal);
  let child: Child;
  try {
    child = start(argv, env);
  } catch (error) {
    // Too long a list of arguments, and scripts of cmd.exe on Windows, are told that way.
    return notStarted(error);
  }
  try {
    return await orAborted(outcomeOf(child, timeoutMs), signal);
  } catch (error) {
    killProcessGroup(child);
    throw error;
  }
}

function start([program, ...args]: CommandSettings['argv'], env: Readonly<Record<string, string | undefined>>): Child {
  const detached = process.platform !== 'win32';
  return spawn(program, args, { env, detached, windowsHide: true, stdio: ['ignore', 'pipe', 'pipe'] });
}

function notStarted(error: unknown): CommandOutcome {
  return { kind: 'not-started', code: (error as NodeJS.ErrnoException).code ?? 'unknown error' };
}

function outcomeOf(child: Child, timeoutMs: number): Promise<CommandOutcome> {
  return new Promise((resolve) => {
    const kill = (kind: 'too-slow' | 'too-much') => {
      killProcessGroup(child);
      resolve({ kind });
    };
    const timer = setTimeout(() => kill('too-slow'), timeoutMs);
    child.once('error', (error) => {
      clearTimeout(timer);
      resolve(notStarted(error));
    });
    child.once('close', () => clearTimeout(timer));
    void endOf(child, () => kill('too-much')).then(resolve);
  });
}

function endOf(child: Child, tooMuch: () => void): Promise<CommandEnd> {
  const stdout: Buffer[] = [];
  let stdoutBytes = 0;
  let stderr: Buffer = Buffer.alloc(0);
  child.stdout.on('data', (chunk: Buffer) => {
    stdoutBytes += chunk.length;
    if (stdoutBytes <= maxStdoutBytes) return void stdout.push(chunk);
    child.stdout.destroy();
    tooMuch();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr = Buffer.concat([stderr, chunk]).subarray(-keptStderrBytes);
  });
  return new Promise((resolve) => {
    child.once('exit', () => {
      const grace = setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
      }, closeGraceMs);
      child.once('close', () => clearTimeout(grace));
    });
    child.once('close', (exitCode, signal) =>
      resolve({
        kind: 'ended',
        exitCode,
        signal,
        stdout: Buffer.concat(stdout).toString('utf8'),
        stderr: tail(stderr),
      }),
    );
  });
}

/** Without the rest of the word that the cut went through: half a token is not recognised as one. */
function tail(stderr: Buffer): string {
  const text = stderr.toString('utf8');
  return stderr.length < keptStderrBytes ? text : text.replace(/^\S*/, '');
}
