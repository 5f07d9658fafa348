import { printable } from './printable.ts';
import type { StoreKind } from './store-choice.ts';

const keychains: Partial<Record<NodeJS.Platform, string>> = {
  darwin: 'the macOS Keychain',
  win32: 'the Windows Credential Manager',
};

/** Where a login rests, as people call it. */
export function storeName(kind: StoreKind, platform: NodeJS.Platform): string {
  return kind === 'file' ? 'a plain file (--insecure-storage)' : (keychains[platform] ?? 'the OS keychain');
}

export interface NamedPerson {
  readonly subject: string;
  readonly email?: string | undefined;
  readonly name?: string | undefined;
}

/** `Alice Example <alice@corp.example>`, as far as the provider told. */
export function displayName({ subject, email, name }: NamedPerson): string {
  const address = printable(email ?? subject);
  return name === undefined ? address : `${printable(name)} <${address}>`;
}
