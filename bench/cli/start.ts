import { spawnSync } from 'node:child_process';

/** A program that is started, does one thing and ends. */
export interface Start {
  readonly name: string;
  readonly does: string;
  readonly command: string;
  readonly args: readonly string[];
  /** `status` says by its exit code that nothing runs. */
  readonly exitCode?: number;
  readonly env?: Readonly<Record<string, string>>;
}

type Environment = Readonly<Record<string, string>>;

/** Milliseconds from the start to the end, output into a pipe. Throws when it did not do what it should. */
export function timeOf({ name, command, args, exitCode = 0, env }: Start, surroundings: Environment): number {
  const startedAt = performance.now();
  const { status, stderr } = spawnSync(command, args, {
    env: { ...surroundings, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
  });
  const endedAt = performance.now();
  if (status !== exitCode) throw new Error(`${name} ended with ${status}: ${stderr}`);
  return endedAt - startedAt;
}
