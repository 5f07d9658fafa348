import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { exitCodeOfChild } from './exit-code.ts';
import type { Interrupts } from './interrupts.ts';
import type { Program } from './programs.ts';

interface Surroundings {
  readonly interrupts: Interrupts;
  readonly signals: Pick<NodeJS.EventEmitter, 'on' | 'off'>;
}

/** SIGQUIT comes from the terminal to both, and would otherwise end us before we have tidied up. */
const forwardedSignals = ['SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const;

/**
 * Gives the terminal to another program. Ctrl-C reaches it because it is in our process group, and then means what that program makes of
 * it (psql cancels the statement), so we sit it out; what only we get is passed on.
 */
export async function runProgram(program: Program, { interrupts, signals }: Surroundings): Promise<number | undefined> {
  const resume = interrupts.pause();
  const child = spawn(program.command, program.args, { env: program.env, stdio: program.quiet ? 'ignore' : 'inherit' });
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  for (const signal of forwardedSignals) signals.on(signal, forward);
  try {
    return await exitOf(child);
  } finally {
    for (const signal of forwardedSignals) signals.off(signal, forward);
    resume();
  }
}

function exitOf(child: ChildProcess): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT' ? resolve(undefined) : reject(error),
    );
    child.once('exit', (code, signal) =>
      resolve(exitCodeOfChild(code, signal ? constants.signals[signal] : undefined)),
    );
  });
}
