import type { CredentialKind } from '@gprxy/credentials';
import { closestWord } from '@gprxy/proxy-core';
import { type FileText, failure } from './check-table.ts';
import { credentialKinds, profileSchemas } from './profile-schema.ts';

/** Which credential a table is about, before anything else in it can be judged. Throws ConfigError. */
export function credentialKindOf(table: object, at: readonly string[], file: FileText): CredentialKind {
  const value: unknown = 'credential' in table ? table.credential : 'oidc';
  const kind = credentialKinds.find((known) => known === value);
  if (kind !== undefined) return kind;
  const choice = credentialKinds.map((known) => `"${known}"`).join(', ');
  const suggestion = typeof value === 'string' ? closestWord(value, credentialKinds) : undefined;
  throw failure([...at, 'credential'], `"credential" must be one of ${choice}`, file, suggestion);
}

/** A key that is right, but not for this credential; or a secret where only the place of one may stand. */
export function misplacedKey(key: string, kind: CredentialKind) {
  const secret = SECRETS[key];
  if (secret !== undefined) return { problem: `"${key}": no secret may be in this file; ${secret}` };
  const kinds = credentialKinds.filter((other) => Object.hasOwn(profileSchemas[other].entries, key));
  if (kinds.length === 0) return undefined;
  const wanted = kinds.map((other) => `credential = "${other}"`).join(' or ');
  return { problem: `"${key}" goes with ${wanted}, and this profile has credential = "${kind}"` };
}

const SECRETS: Readonly<Record<string, string>> = {
  password: 'name its place by password_file, password_env or command',
  client_secret: 'name its place by client_secret_file or client_secret_env',
  private_key: 'name its place by private_key_file',
  token: 'name its place by token_file or token_env',
};
