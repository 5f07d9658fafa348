import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CredentialDependencies } from '../dependencies.ts';
import { accountFileName } from '../store/account-file-name.ts';
import { writePrivateFile } from '../store/private-file.ts';

/**
 * A word that changes with every login, logout and refresh of the account in any process. It lets a daemon that holds
 * a token in memory notice, for the price of one small read, that its user logged out or became somebody else.
 */
export async function readRevision(account: string, deps: CredentialDependencies): Promise<string> {
  return readFile(revisionFile(account, deps), 'utf8').catch(() => '');
}

/** Under the account's lock, after the store was changed. The store is what counts, so a failure here is only told. */
export async function changeRevision(account: string, deps: CredentialDependencies): Promise<string> {
  const revision = randomUUID();
  await writePrivateFile(revisionFile(account, deps), revision).catch((error: Error) => {
    const message = `other processes will notice the change of profile ${account} late: ${error.message}`;
    deps.log({ level: 'warn', event: 'revision-not-written', message, account });
  });
  return revision;
}

function revisionFile(account: string, deps: CredentialDependencies): string {
  return join(deps.lockDirectory, `${accountFileName(account)}.revision`);
}
