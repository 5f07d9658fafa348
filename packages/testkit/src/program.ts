import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { leash } from './janitor.ts';

export interface ProgramOptions {
  command: string;
  args?: readonly string[];
  /** The whole environment; the default is our own. */
  env?: Readonly<Record<string, string | undefined>>;
  cwd?: string;
  /** Sent to the program's standard input, which then ends. */
  input?: string;
  /** Is told what the program writes, both streams, as it comes. */
  onOutput?: (text: string) => void;
}

export interface ProgramEnd {
  /** `null` after a signal. */
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** A program that runs until it ends by itself, until `stop()`, or at the latest until this process ends. */
export interface Program extends AsyncDisposable {
  readonly pid: number;
  readonly ended: Promise<ProgramEnd>;
  /** What it has written so far, both streams in the order in which it came. */
  output(): string;
  /** Resolves with the match as soon as the output has one; rejects when the program ends without. */
  waitForLine(pattern: RegExp): Promise<RegExpExecArray>;
  /** Sends `signal` (default: SIGTERM) and resolves when the program has ended. */
  stop(signal?: NodeJS.Signals): Promise<ProgramEnd>;
}

/** Starts a program in a process group of its own, so that Ctrl-C in our terminal reaches only us. */
export function spawnProgram(options: ProgramOptions): Program {
  const { command, args = [], env = process.env, cwd, input, onOutput } = options;
  const child = leash(spawn(command, args, { env, detached: true, ...(cwd !== undefined && { cwd }) }));
  const written = { stdout: '', stderr: '', both: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      written[stream] += text;
      written.both += text;
      onOutput?.(text);
      child.emit('output');
    });
  }
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const ended = once(child, 'close').then(([exitCode]) => {
    child.emit('output');
    return { exitCode: exitCode as number | null, stdout: written.stdout, stderr: written.stderr };
  });
  const stop = (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal);
    return ended;
  };
  return {
    pid: child.pid ?? 0,
    ended,
    output: () => written.both,
    waitForLine: async (pattern) => {
      for (;;) {
        const match = pattern.exec(written.both);
        if (match) return match;
        const isOver = child.exitCode !== null || child.signalCode !== null;
        if (isOver) await ended;
        else await once(child, 'output');
        if (isOver && !pattern.test(written.both)) throw new Error(`ended without ${pattern}:\n${written.both}`);
      }
    },
    stop,
    [Symbol.asyncDispose]: async () => void (await stop('SIGKILL')),
  };
}
