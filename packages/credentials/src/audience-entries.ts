import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AudienceTarget } from './audience-token-source.ts';
import type { CredentialDependencies } from './dependencies.ts';
import { accountFileName } from './store/account-file-name.ts';
import { writePrivateFile } from './store/private-file.ts';
import type { TokenStore } from './store/token-store.ts';

/** Under which name the token for another audience is stored. No profile's name has a `#`. */
export function entryFor(account: string, { audience = '', scopes = [] }: AudienceTarget): string {
  const words = JSON.stringify([audience, [...scopes].sort()]);
  return `${account}#${createHash('sha256').update(words).digest('hex').slice(0, 32)}`;
}

/** Notes that there is, or is about to be, such an entry: stores cannot be asked what they hold. Under the account's lock. */
export async function noteEntry(account: string, entry: string, deps: CredentialDependencies): Promise<void> {
  const noted = await notedEntries(account, deps);
  if (!noted.includes(entry)) await writePrivateFile(noteFile(account, deps), [...noted, entry, ''].join('\n'));
}

/** Takes every token for another audience out of the store: the login that they came from is over. Under the account's lock. */
export async function forgetEntries(store: TokenStore, account: string, deps: CredentialDependencies): Promise<void> {
  for (const entry of await notedEntries(account, deps)) await store.delete(entry);
  await rm(noteFile(account, deps), { force: true });
}

async function notedEntries(account: string, deps: CredentialDependencies): Promise<readonly string[]> {
  const text = await readFile(noteFile(account, deps), 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line.startsWith(`${account}#`));
}

function noteFile(account: string, { lockDirectory }: CredentialDependencies): string {
  return join(lockDirectory, `${accountFileName(account)}.audiences`);
}
