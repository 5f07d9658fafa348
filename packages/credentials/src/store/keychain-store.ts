import type { Keytar } from './keytar.ts';
import type { TokenStore } from './token-store.ts';

export interface KeychainStoreOptions {
  /** The keychain's service name, `gprxy` outside of tests. */
  service: string;
  /** Replaces the native module in tests. */
  loadKeytar?: () => Keytar;
}

/** The operating system's keychain: libsecret, macOS Keychain, Windows Credential Manager. */
export function createKeychainStore(_options: KeychainStoreOptions): TokenStore {
  throw new Error('not there yet');
}
