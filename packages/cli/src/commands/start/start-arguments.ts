import type { StartOptions } from './start-command.ts';

/** The arguments that make another start like this one; where it runs and logs is not among them. */
export function startArguments({ profile = [], watch }: StartOptions): readonly string[] {
  return [...profile.flatMap((name) => ['--profile', name]), ...(watch ? [] : ['--no-watch'])];
}
