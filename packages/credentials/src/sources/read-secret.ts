import { throwIfAborted } from '../abort.ts';
import { commandName, commandText } from './command-text.ts';
import type { SecretPlace } from './credential-settings.ts';
import { readNamedFile } from './read-named-file.ts';
import { readVariable } from './read-variable.ts';
import type { SourceDependencies } from './source-dependencies.ts';
import { sourceFailed } from './source-failed.ts';

/**
 * A password or client secret from its place, without the newline at its end. @param key of the profile, for messages
 * @throws CredentialError `ERR_SOURCE_FAILED`, `ERR_ABORTED`
 */
export async function readSecret(
  place: SecretPlace,
  key: string,
  deps: SourceDependencies,
  signal: AbortSignal,
): Promise<string> {
  throwIfAborted(signal);
  switch (place.kind) {
    case 'env':
      return oneLine(readVariable(place.variable, deps.env), `the variable ${place.variable}`);
    case 'file':
      return readFileSecret(place.path, key);
    case 'command':
      return oneLine(await commandText(place.command, deps, signal), `the output of ${commandName(place.command)}`);
  }
}

/** @throws CredentialError `ERR_SOURCE_FAILED` */
export async function readFileSecret(path: string, key: string): Promise<string> {
  return oneLine(await readSecretFile(path, key), path);
}

/**
 * The text of a file that holds a secret. By libpq's rule for `sslkey`: of our own files nobody else may read it, of root's
 * the group may, as Kubernetes has it with `fsGroup`.
 */
export async function readSecretFile(path: string, key: string): Promise<string> {
  const { text, mode, uid } = await readNamedFile(path, key);
  const own = process.getuid?.();
  if (own === undefined) return text;
  const open = mode & (uid === 0 && own !== 0 ? 0o037 : 0o077);
  if (open !== 0) {
    const octal = mode.toString(8).padStart(4, '0');
    throw sourceFailed(`${path} is open to other users (mode ${octal})`, `Run "chmod 600 '${path}'".`);
  }
  return text;
}

function oneLine(text: string, from: string): string {
  const secret = text.replace(/^\ufeff/, '').replace(/\r?\n$/, '');
  if (secret === '') throw sourceFailed(`${from} is empty`, 'It has to hold the secret and nothing else.');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (!/[\u0000-\u001f]/.test(secret)) return secret;
  throw sourceFailed(`${from} has more than one line in it`, 'It has to hold the secret and nothing else.');
}
