import type { Config } from '@gprxy/sidecar';
import type { Command } from 'commander';
import { configInput } from '../../config-input.ts';
import type { Dependencies } from '../../dependencies.ts';
import { print } from '../../say.ts';
import { upstreamAddress } from '../../upstream-address.ts';
import { type CompletionSources, completeWords, type Suggestion, type Suggestions } from './complete-words.ts';

/**
 * `gprxy __complete SHELL =CURRENT [BEFORE...]`, which the completion scripts call: one suggestion a line, or `:files`. It never fails: an error
 * would be written into the line that somebody is typing.
 */
export async function complete(args: readonly string[], program: Command, dependencies: Dependencies): Promise<void> {
  const [shell = '', marked = '', ...before] = args;
  const line = shell === 'bash' ? joinBroken(before, marked.slice(1)) : { before, current: marked.slice(1), kept: 0 };
  const suggestions = await completeWords(program, line.before, line.current, sourcesIn(dependencies)).catch(
    (): Suggestions => ({ kind: 'words', words: [] }),
  );
  if (suggestions.kind === 'files') return print(dependencies, ':files');
  print(dependencies, ...suggestions.words.map((word) => formatted(word, shell, line.kept)));
}

/** bash breaks words at "=" and ":", and wants only what follows the last break. */
function joinBroken(
  before: readonly string[],
  current: string,
): { before: readonly string[]; current: string; kept: number } {
  const words: string[] = [];
  let joins = false;
  for (const word of [...before, current]) {
    const isBreak = /^[=:]+$/.test(word) && words.length > 0;
    if (isBreak || joins) words.push(`${words.pop()}${word}`);
    else words.push(word);
    joins = isBreak;
  }
  const last = words.pop() ?? '';
  const typed = /^[=:]+$/.test(current) ? '' : current;
  return { before: words, current: last, kept: last.length - typed.length };
}

function formatted({ value, description }: Suggestion, shell: string, kept: number): string {
  const short = description.split('\n', 1)[0] ?? '';
  if (shell === 'bash') return value.slice(kept);
  if (shell === 'zsh') return `${value.replaceAll(':', '\\:')}${short === '' ? '' : `:${short}`}`;
  return short === '' ? value : `${value}\t${short}`;
}

function sourcesIn(dependencies: Dependencies): CompletionSources {
  return {
    async profileNames() {
      const { profiles, problems } = await readConfig(dependencies);
      return [...profiles.keys(), ...problems.keys()];
    },
    async databaseNames() {
      const { profiles } = await readConfig(dependencies);
      return [...new Set([...profiles.values()].flatMap((profile) => upstreamAddress(profile).database ?? []))];
    },
  };
}

async function readConfig(dependencies: Dependencies): Promise<Config> {
  const { loadConfig } = await import('@gprxy/sidecar');
  return loadConfig(configInput(dependencies));
}
