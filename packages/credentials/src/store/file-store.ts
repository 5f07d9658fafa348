import { readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { orAborted, throwIfAborted, within } from '../abort.ts';
import { CredentialError } from '../errors.ts';
import { accountFileName } from './account-file-name.ts';
import { ensurePrivateDirectory, storeFailed } from './private-directory.ts';
import { readPrivateFile, writePrivateFile } from './private-file.ts';
import { parseLogin, type StoredLogin, serializeLogin } from './stored-login.ts';
import { probeLimitMs, type TokenStore } from './token-store.ts';

export interface FileStoreOptions {
  /** Made with mode 0700 when missing; refused when others could read it. */
  directory: string;
}

/** A writer needs milliseconds; a temporary file of this age was left by one that was killed. */
const abandonedAfterMs = 60_000;

/** Plain text in 0600 files, for machines without a keychain. Only ever chosen explicitly. */
export function createFileStore({ directory }: FileStoreOptions): TokenStore {
  return new FileStore(directory);
}

class FileStore implements TokenStore {
  readonly kind = 'file';
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async probe(signal: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    const late = () => this.#unusable(`did not answer within ${probeLimitMs / 1000} s`);
    await orAborted(within(this.#writeAndReadBack(), probeLimitMs, late), signal);
  }

  async #writeAndReadBack(): Promise<void> {
    await ensurePrivateDirectory(this.#directory);
    const path = join(this.#directory, '.probe');
    await writePrivateFile(path, 'gprxy');
    if ((await readPrivateFile(path)) !== 'gprxy') throw this.#unusable('does not keep what is written to it');
  }

  async read(account: string): Promise<StoredLogin | undefined> {
    await ensurePrivateDirectory(this.#directory);
    const text = await readPrivateFile(this.#path(account));
    return text === undefined ? undefined : parseLogin(text, account);
  }

  async write(account: string, login: StoredLogin): Promise<void> {
    await ensurePrivateDirectory(this.#directory);
    await this.#removeTemporaries(account, abandonedAfterMs);
    await writePrivateFile(this.#path(account), serializeLogin(login));
  }

  async delete(account: string): Promise<boolean> {
    await ensurePrivateDirectory(this.#directory);
    await this.#removeTemporaries(account, 0);
    const path = this.#path(account);
    return unlink(path).then(
      () => true,
      (cause: NodeJS.ErrnoException) => {
        if (cause.code === 'ENOENT') return false;
        throw storeFailed(`cannot remove ${path}`, path, cause);
      },
    );
  }

  #unusable(what: string): CredentialError {
    return new CredentialError('ERR_STORE_FAILED', `the token directory ${this.#directory} ${what}`, {
      hint: `Look at the file system of ${this.#directory}, then run the "gprxy" command again.`,
    });
  }

  #path(account: string): string {
    return join(this.#directory, `${accountFileName(account)}.json`);
  }

  async #removeTemporaries(account: string, olderThanMs: number): Promise<void> {
    const prefix = `${accountFileName(account)}.json.`;
    const names = await readdir(this.#directory).catch(() => []);
    for (const name of names.filter((name) => name.startsWith(prefix) && name.endsWith('.tmp'))) {
      const path = join(this.#directory, name);
      const age = await stat(path).then(
        (stats) => Date.now() - stats.mtimeMs,
        () => -1,
      );
      if (age >= olderThanMs) await unlink(path).catch(() => undefined);
    }
  }
}
