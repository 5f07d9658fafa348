import { expect } from 'vitest';
import type { Shell } from './gprxy-shell.testing.ts';

export interface Report {
  readonly exitCode: number | null;
  readonly output: string;
  /** What it says of one check. */
  about(name: string): { verdict: string; message: string; detail: string | null; hint: string | null };
}

/** Runs the doctor twice: for people and for programs. Both must come to the same. */
export async function examine(shell: Shell, env: Record<string, string> = {}): Promise<Report> {
  const [forPeople, forPrograms] = await Promise.all([
    shell.run('gprxy doctor', env),
    shell.run('gprxy doctor --json', env),
  ]);
  const { checks } = JSON.parse(forPrograms.stdout) as {
    checks: Array<ReturnType<Report['about']> & { name: string }>;
  };
  expect(forPeople.exitCode, forPeople.stdout + forPeople.stderr).toBe(forPrograms.exitCode);
  for (const { message, hint } of checks) {
    expect(withoutTimes(forPeople.stdout)).toContain(withoutTimes(message));
    if (hint !== null) expect(forPeople.stdout).toContain(hint);
  }
  return {
    exitCode: forPeople.exitCode,
    output: `${forPeople.stdout}${forPeople.stderr}${forPrograms.stdout}${forPrograms.stderr}`,
    about: (name) => checks.find((check) => check.name === name) as ReturnType<Report['about']>,
  };
}

/** The two look at their clocks one after the other. */
function withoutTimes(text: string): string {
  return text.replaceAll(/\d+ (s|second|minute)/g, 'some $1');
}
