import { throwIfAborted } from '../abort.ts';
import type { TokenSource } from '../token-source.ts';
import type { FileCredential } from './credential-settings.ts';
import { readNamedFile } from './read-named-file.ts';
import type { SourceDependencies } from './source-dependencies.ts';
import { tokenFromText } from './token-from-text.ts';

/** A token that somebody else keeps fresh in a file. */
export function createFileSource({ path }: FileCredential, deps: SourceDependencies): TokenSource {
  let warned = false;
  const warnOnce = () => {
    if (warned) return;
    warned = true;
    const message = `every user of this machine can read the token in ${path}: run "chmod 600" on it`;
    deps.log({ level: 'warn', event: 'token-file-open', message, profile: deps.profile, path });
  };
  return {
    async getToken(signal) {
      throwIfAborted(signal);
      const { text, mode } = await readNamedFile(path, 'token_file');
      if (process.getuid !== undefined && (mode & 0o004) !== 0) warnOnce();
      const hint = `Whatever writes ${path} has to put a token there that is valid now.`;
      return tokenFromText({ text, from: path, hint }, deps.now());
    },
  };
}
