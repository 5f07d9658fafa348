import { throwIfAborted } from '../abort.ts';
import type { TokenSource } from '../token-source.ts';
import type { EnvCredential } from './credential-settings.ts';
import { readVariable } from './read-variable.ts';
import type { SourceDependencies } from './source-dependencies.ts';
import { tokenFromText } from './token-from-text.ts';

/** A token in the environment: of a CI job, say. A process never sees it renewed. */
export function createEnvSource({ variable }: EnvCredential, deps: SourceDependencies): TokenSource {
  return {
    async getToken(signal) {
      throwIfAborted(signal);
      const text = readVariable(variable, deps.env);
      const hint = `Set ${variable} to a token that is valid now, then run the "gprxy" command again.`;
      return tokenFromText({ text, from: `the variable ${variable}`, hint }, deps.now());
    },
  };
}
