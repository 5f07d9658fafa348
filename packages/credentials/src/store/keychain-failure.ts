import { CredentialError } from '../errors.ts';
import { loginCommand } from '../hints.ts';
import { redact } from '../redact.ts';

/** What libsecret and D-Bus say where there is no keyring, or none that was ever set up. */
const absent = /d-?bus|autolaunch|not provided by any|ServiceUnknown|Object does not exist|could not connect|spawn/i;
/** libsecret; macOS (errSecInteractionNotAllowed, errSecAuthFailed). */
const locked = /\blocked|interaction is not allowed|-25308|prompt|dismissed|passphrase/i;

/** Tells keytar's errors apart by their text: it gives no codes. @param account whose login the hint is about */
export function keychainFailure(cause: unknown, account?: string): CredentialError {
  const text = redact(cause instanceof Error ? cause.message : String(cause), []);
  if (locked.test(text)) return keychainLocked(text);
  if (absent.test(text)) return keychainAbsent(text, account);
  return new CredentialError('ERR_STORE_FAILED', `the keychain failed: ${text}`, {
    hint: `Look at the keychain, or run ${loginCommand(account, '--insecure-storage')}.`,
  });
}

export function keychainAbsent(reason: string, account?: string): CredentialError {
  const install = process.platform === 'linux' ? 'Install libsecret and a keyring (libsecret-1-0, gnome-keyring)' : '';
  const command = loginCommand(account, '--insecure-storage');
  return new CredentialError('ERR_STORE_ABSENT', `there is no usable keychain here: ${reason}`, {
    hint: `${install === '' ? 'Run' : `${install}, or run`} ${command} to keep tokens in a 0600 file.`,
  });
}

export function keychainLocked(reason: string): CredentialError {
  return new CredentialError('ERR_STORE_LOCKED', `the keychain is locked: ${reason}`, {
    hint: 'Unlock the keychain (a prompt may be open), then run the "gprxy" command again.',
  });
}

export function keychainSilent(limitMs: number): CredentialError {
  return keychainLocked(`no answer within ${Math.ceil(limitMs / 1000)} s`);
}
