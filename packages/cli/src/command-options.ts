import { InvalidArgumentError, Option } from 'commander';
import { parseDuration } from './duration.ts';

/** Options that several commands have. */
export function profileOption(): Option {
  return new Option('--profile <name>', 'which profile of the configuration file');
}

export function jsonOption(): Option {
  return new Option('--json', 'print JSON ("version": 1)');
}

/** commander parser of `60s`, `5m`, ... into milliseconds. */
export function durationArgument(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined) throw new InvalidArgumentError('Write it like 90s, 5m or 1h.');
  return milliseconds;
}

/** commander parser that collects a repeatable option, each of which may hold several words. */
export function collectWords(text: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), ...text.split(/[\s,]+/).filter((word) => word !== '')];
}
