import { cachedTokenSource } from '../cached-token-source.ts';
import type { TokenSource } from '../token-source.ts';
import { commandName, commandText } from './command-text.ts';
import type { ExecCredential } from './credential-settings.ts';
import { parseCommandOutput } from './parse-command-output.ts';
import type { SourceDependencies } from './source-dependencies.ts';
import { tokenFromText } from './token-from-text.ts';

/** A token that a command prints, kept in memory until shortly before it ends. */
export function createExecSource({ command }: ExecCredential, deps: SourceDependencies): TokenSource {
  const from = `the output of ${commandName(command)}`;
  return cachedTokenSource({
    async request(signal) {
      const output = await commandText(command, deps, signal);
      const printed = parseCommandOutput(output, commandName(command), deps.now());
      const hint = 'Run the command by hand: it has to print a token that is valid now, and nothing else.';
      return tokenFromText({ ...printed, from, hint }, deps.now());
    },
    now: deps.now,
    random: deps.random ?? Math.random,
  });
}
