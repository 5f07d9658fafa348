import { readFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import type { LogRecord } from '@gprxy/credentials';
import type * as credentialCalls from './credential-calls.ts';
import { ExitCode } from './exit-code.ts';
import { type Interrupts, listenForInterrupts } from './interrupts.ts';
import { type RunProgram, readyMessage, type StartDaemon } from './programs.ts';
import type * as sidecarCalls from './sidecar-calls.ts';
import { standardError, standardOutput } from './standard-streams.ts';
import type { Environment, Output, Terminal } from './terminal.ts';

export type Credentials = typeof credentialCalls;
export type Sidecars = typeof sidecarCalls;

/** Everything the commands need of the outside world: main.ts passes the real one, a test another. */
export interface Dependencies {
  readonly version: string;
  readonly env: Environment;
  readonly platform: NodeJS.Platform;
  readonly homedir: string;
  readonly tmpdir: string;
  /** Numeric user id; 0 where there is none. */
  readonly uid: number;
  /** The command line that runs this program. */
  readonly self: readonly string[];
  readonly stdout: Output;
  readonly stderr: Terminal;
  /** What takes long is waited for in silence: who reads the output is a program, or has a spinner. */
  readonly isQuiet?: boolean;
  /** Takes what tokens and logins are about; left out: a person is told what is news. */
  readonly credentialLog?: (record: LogRecord) => void;
  readonly interrupts: Interrupts;
  /** The process as the daemon's source of SIGTERM and SIGINT. */
  readonly signals: Pick<NodeJS.EventEmitter, 'on' | 'off'>;
  /** Sends the signal to this process, which does what the system does where nobody listens. */
  raise(signal: NodeJS.Signals): void;
  /** Wall clock, epoch ms. */
  now(): number;
  /** Text of a file as UTF-8. */
  readFile(path: string): Promise<string>;
  openBrowser(url: string): Promise<void>;
  /** Runs a program on our own terminal until it ends. */
  readonly runProgram: RunProgram;
  /** Runs this same program again, detached from the terminal. */
  readonly startDaemon: StartDaemon;
  /** Tells the `gprxy start --detach` that started us that we listen; nothing where nobody waits. */
  announceReady(): void;
  /** What the process may not exit before: a refresh whose answer is on its way. */
  readonly unfinished: Set<Promise<unknown>>;
  credentials(): Promise<Credentials>;
  sidecars(): Promise<Sidecars>;
}

/** The real world. What a command may not need is loaded when it is asked for. */
export function createDependencies(process: NodeJS.Process, env: Environment, version: string): Dependencies {
  const interrupts = listenForInterrupts(process, ExitCode.Interrupted);
  let stderr: Terminal | undefined;
  return {
    version,
    env,
    platform: process.platform,
    homedir: homedir(),
    tmpdir: tmpdir(),
    uid: process.getuid?.() ?? 0,
    self: ownCommandLine(process),
    stdout: standardOutput(process),
    get stderr() {
      stderr ??= standardError(process);
      return stderr;
    },
    interrupts,
    signals: process,
    raise: (signal) => void process.kill(process.pid, signal),
    now: Date.now,
    // Small files, read before anything runs that could be held up; by way of Node's threads each would take four turns there.
    readFile: async (path) => readFileSync(path, 'utf8'),
    openBrowser: async (url) => (await import('./open-browser.ts')).openBrowser(url),
    runProgram: async (program) =>
      (await import('./run-program.ts')).runProgram(program, { interrupts, signals: process }),
    startDaemon: async (daemon) => (await import('./start-daemon.ts')).startDaemon(daemon, ownCommandLine(process)),
    announceReady: () => {
      // Whoever started us may be gone by now.
      process.send?.(readyMessage, () => {});
    },
    unfinished: new Set(),
    credentials: () => import('./credential-calls.ts'),
    sidecars: () => import('./sidecar-calls.ts'),
  };
}

/** The single-file executable is its own script. */
function ownCommandLine({ execPath, argv: [, script] }: NodeJS.Process): readonly string[] {
  return script === undefined || script === execPath ? [execPath] : [execPath, script];
}
