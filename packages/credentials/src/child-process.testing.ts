import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { leash } from '@gprxy/testkit';
import { build } from 'esbuild';
import { testDirectory } from './dependencies.testing.ts';

export interface TestProcess {
  child: ChildProcess;
  lines: string[];
  /** Resolves with the first line that has `text` in it; rejects when the process ends before. */
  waitFor(text: string): Promise<string>;
  /** Resolves with the exit code, `null` after a signal. */
  ended: Promise<number | null>;
  kill(): Promise<void>;
}

/** Bundles a TypeScript program of this package once, so that ten processes of it start in a blink. */
export async function bundleProgram(file: URL): Promise<(...args: string[]) => TestProcess> {
  const outfile = `${testDirectory()}/program.mjs`;
  await build({
    entryPoints: [fileURLToPath(file)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'bundle',
    logLevel: 'silent',
  });
  return (...args) => start(outfile, args);
}

function start(program: string, args: string[]): TestProcess {
  const child = leash(spawn(process.execPath, [program, ...args], { stdio: ['pipe', 'pipe', 'inherit'] }));
  const lines: string[] = [];
  const waiters = new Set<() => void>();
  let isOver = false;
  const tell = () => {
    for (const waiter of waiters) waiter();
  };
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    tell();
  });
  const ended = once(child, 'close').then(([code]) => {
    isOver = true;
    tell();
    return code as number | null;
  });
  const waitFor = (text: string) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const line = lines.find((line) => line.includes(text));
        if (line !== undefined) resolve(line);
        else if (isOver) reject(new Error(`the process ended without "${text}": ${lines.join(' | ')}`));
        else return;
        waiters.delete(look);
      };
      waiters.add(look);
      look();
    });
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  return { child, lines, waitFor, ended, kill };
}
