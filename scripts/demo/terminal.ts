import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Program, type ProgramEnd, spawnProgram } from '@gprxy/testkit';
import type { Narrator } from './narrator.ts';

const GPRXY = fileURLToPath(new URL('../../packages/cli/bin/gprxy.cjs', import.meta.url));

/** A person's terminal: shows what is typed, runs it for real, and shows what it answers. */
export class Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly #narrator: Narrator;
  readonly #signal: AbortSignal;

  /** `env`: what gprxy reads. Nothing of the user's own settings for PostgreSQL or gprxy gets through. */
  constructor(narrator: Narrator, env: Readonly<Record<string, string>>, signal: AbortSignal) {
    const kept = Object.entries(process.env).filter(([name]) => !/^(PG|GPRXY_|NODE_EXTRA_CA_CERTS)/.test(name));
    this.env = { ...Object.fromEntries(kept), PSQLRC: '/dev/null', ...env };
    this.#narrator = narrator;
    this.#signal = signal;
  }

  /** Runs a line to its end. */
  async run(line: string): Promise<ProgramEnd> {
    return this.start(line).ended;
  }

  /** Starts a line and shows what it writes while it runs, unless that is for the caller to show. */
  start(line: string, { unseen = false } = {}): Program {
    this.#narrator.command(line);
    return unseen ? this.#spawn(line) : this.#spawn(line, (text) => this.#narrator.output(text));
  }

  /** Runs a line of which `show` makes what is seen of its standard output. */
  async runAndShow(line: string, show: (stdout: string) => string): Promise<void> {
    this.#narrator.command(line);
    const { stdout, stderr } = await this.runUnseen(line);
    this.#narrator.output(`${stderr}${show(stdout)}`);
  }

  runUnseen(line: string): Promise<ProgramEnd> {
    return this.#spawn(line).ended;
  }

  #spawn(line: string, onOutput?: (text: string) => void): Program {
    this.#signal.throwIfAborted();
    const [command, ...args] = commandOf(line);
    const program = spawnProgram({ command, args, env: this.env, ...(onOutput && { onOutput }) });
    const kill = () => void program.stop('SIGKILL');
    this.#signal.addEventListener('abort', kill);
    void program.ended.finally(() => this.#signal.removeEventListener('abort', kill));
    return program;
  }

  /** Runs a line with the user's own terminal, for prompts and pictures; returns its exit code. */
  async attach(line: string): Promise<number> {
    this.#narrator.command(line);
    const [command, ...args] = commandOf(line);
    const child = spawn(command, args, { env: this.env, stdio: 'inherit' });
    const interrupt = () => void child.kill('SIGINT');
    this.#signal.addEventListener('abort', interrupt);
    const [exitCode] = await once(child, 'close');
    this.#signal.removeEventListener('abort', interrupt);
    this.#signal.throwIfAborted();
    return exitCode ?? 130;
  }
}

function commandOf(line: string): [command: string, ...args: string[]] {
  const [command = '', ...args] = words(line);
  if (command === 'gprxy') return [process.execPath, GPRXY, ...args];
  return [command === 'node' ? process.execPath : command, ...args];
}

/** The words of a command line; single quotes and double quotes keep blanks. */
function words(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare ?? '',
  );
}
