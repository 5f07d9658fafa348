import type { TokenStore } from './token-store.ts';

export interface FileStoreOptions {
  /** Made with mode 0700 when missing; refused when others could read it. */
  directory: string;
}

/** Plain text in 0600 files, for machines without a keychain. Only ever chosen explicitly. */
export function createFileStore(_options: FileStoreOptions): TokenStore {
  throw new Error('not there yet');
}
