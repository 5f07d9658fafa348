import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { madeOnce } from '@gprxy/testkit';
import { stagePackage } from '../scripts/bundle.mjs';

// Inside the package, so that what is not bundled is found where npm puts it.
const stagingParent = fileURLToPath(new URL('../packages/cli/node_modules/', import.meta.url));

/** The gprxy command as npm would install it, made from the sources of this moment. */
export interface InstalledGprxy extends AsyncDisposable {
  readonly bin: string;
}

/** What a shell can run: a script for Node, or an executable. */
export interface AnyGprxy {
  readonly bin: string;
  readonly isExecutable?: boolean;
}

/** The files of a test run share one; nobody may write there. */
export async function installGprxy(): Promise<InstalledGprxy> {
  const ofThisRun = process.env.GPRXY_TEST_STAGED;
  const parent = ofThisRun ?? (await mkdtemp(join(stagingParent, '.staged-')));
  const make = (directory: string) => stagePackage('cli', directory);
  const directory = await madeOnce(join(parent, 'cli'), { make, isWhole: async () => true });
  return {
    bin: join(directory, 'bin', 'gprxy.cjs'),
    [Symbol.asyncDispose]: async () => {
      if (ofThisRun === undefined) await rm(parent, { recursive: true, force: true });
    },
  };
}

export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A person's terminal: a home of its own, and no keychain unless `env` brings one. */
export class Shell implements AsyncDisposable {
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  readonly #gprxy: AnyGprxy;
  readonly #running = new Set<RunningCommand>();

  static async open(gprxy: AnyGprxy, env: Readonly<Record<string, string>> = {}): Promise<Shell> {
    return new Shell(gprxy, await mkdtemp(join(tmpdir(), 'gprxy-shell-')), env);
  }

  private constructor(gprxy: AnyGprxy, home: string, env: Readonly<Record<string, string>>) {
    this.#gprxy = gprxy;
    this.home = home;
    this.env = {
      PATH: process.env.PATH ?? '',
      HOME: home,
      XDG_CONFIG_HOME: join(home, 'config'),
      GPRXY_STATE_DIR: join(home, 'state'),
      GPRXY_KEYCHAIN_SERVICE: `gprxy-test-${process.pid}`,
      // Without an address libsecret would start a session bus of its own.
      DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent',
      ...env,
    };
  }

  /** Runs a line such as `gprxy psql sales -c 'select 1'` to its end. */
  run(line: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
    return this.start(line, env).ended;
  }

  start(line: string, env: Readonly<Record<string, string>> = {}): RunningCommand {
    const [name, ...args] = words(line);
    if (name !== 'gprxy') throw new Error(`this shell knows only gprxy, not ${name}`);
    const { bin, isExecutable } = this.#gprxy;
    const child = spawn(isExecutable ? bin : process.execPath, isExecutable ? args : [bin, ...args], {
      env: { ...this.env, ...env },
      cwd: this.home,
      // A process group of its own, as a terminal gives to each command.
      detached: true,
    });
    const command = new RunningCommand(child);
    this.#running.add(command);
    void command.ended.finally(() => this.#running.delete(command));
    return command;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const command of this.#running) command.kill();
    await this.run('gprxy stop');
    // What has just ended may have written its last file this moment.
    await rm(this.home, { recursive: true, force: true, maxRetries: 10 });
  }
}

/** A command that has been started and may still run. */
export class RunningCommand {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  readonly #output = { stdout: '', stderr: '' };

  constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream]?.setEncoding('utf8').on('data', (text: string) => {
        this.#output[stream] += text;
      });
    }
    this.ended = once(child, 'close').then(([exitCode]) => ({ exitCode: exitCode as number | null, ...this.#output }));
  }

  /** The first match on standard error, as soon as it is there. */
  says(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#shows(pattern, 'stderr');
  }

  /** The first match on standard output, as soon as it is there. */
  prints(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#shows(pattern, 'stdout');
  }

  async #shows(pattern: RegExp, stream: 'stdout' | 'stderr'): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#output[stream]);
      if (match) return match;
      const more = once(this.#child[stream] as NodeJS.ReadableStream, 'data').then(() => true);
      const goesOn = await Promise.race([more, this.ended.then(() => false)]);
      if (!goesOn && !pattern.test(this.#output[stream])) {
        throw new Error(`it ended without ${pattern} on ${stream}:\n${this.#output[stream]}`);
      }
    }
  }

  /** As `| true` does: the reader is gone before anything is written. */
  closeOutput(): void {
    this.#child.stdout?.destroy();
  }

  /** Ctrl-C: the terminal sends it to the command and to every program it has started. */
  interrupt(): void {
    this.#signal('SIGINT');
  }

  /** Ctrl-Z. */
  suspend(): void {
    this.#signal('SIGSTOP');
  }

  kill(): void {
    this.#signal('SIGKILL');
  }

  /** As a supervisor does it: to the command alone. */
  terminate(): void {
    this.#child.kill('SIGTERM');
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid, exitCode } = this.#child;
    if (pid !== undefined && exitCode === null) process.kill(-pid, signal);
  }
}

/** The words of a command line; quotes keep blanks. */
function words(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare ?? '',
  );
}
