import type { StartOptions } from './start-command.ts';

/** The arguments that make another start like this one; where it runs and logs is not among them. */
export function startArguments({ profile = [], listenAnywhere, watch }: StartOptions): readonly string[] {
  const profiles = profile.flatMap((name) => ['--profile', name]);
  return [...profiles, ...(listenAnywhere ? ['--listen-anywhere'] : []), ...(watch ? [] : ['--no-watch'])];
}
