/**
 * A file name for any account, on any file system: two accounts never share one, not even where case is ignored,
 * and none climbs out of its directory.
 */
export function accountFileName(account: string): string {
  return account.replace(/[^a-z0-9_-]/g, (character) =>
    [...Buffer.from(character)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  );
}
