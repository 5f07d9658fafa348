import type { SourceDependencies } from './source-dependencies.ts';
import { sourceFailed } from './source-failed.ts';

/** @throws CredentialError `ERR_SOURCE_FAILED` when it is not set, or empty */
export function readVariable(variable: string, env: SourceDependencies['env']): string {
  const text = env[variable];
  if (text !== undefined && text !== '') return text;
  const state = text === undefined ? 'is not set' : 'is empty';
  throw sourceFailed(
    `the environment variable ${variable} ${state}`,
    `Set it where the "gprxy" command runs; a daemon has the environment that "gprxy start" had.`,
  );
}
