import { posix } from 'node:path';
import type {
  ClientProofSettings,
  CommandSettings,
  CredentialSettings,
  OidcSettings,
  SecretPlace,
} from '@gprxy/credentials';
import type { ProfileTable } from './profile-schema.ts';

/** What is wrong between two keys that are right by themselves; `key` is where to point. */
export class KeyProblem extends Error {
  readonly key: string;

  constructor(key: string, message: string) {
    super(message);
    this.key = key;
  }
}

type Table<Kind extends ProfileTable['credential']> = Extract<ProfileTable, { credential: Kind }>;

const DEFAULT_COMMAND_TIMEOUT_MS = 20_000;

/** `[profiles.NAME]` as the settings of its credential. Throws KeyProblem. @param fileName makes a file's name absolute */
export function readCredential(table: ProfileTable, fileName: (name: string) => string): CredentialSettings {
  switch (table.credential) {
    case 'oidc':
      return { kind: 'oidc', login: table.login, ...readProvider(table, fileName), ...readClient(table, fileName) };
    case 'client-credentials':
      return {
        kind: 'client-credentials',
        ...readProvider(table, fileName),
        authentication: readProof(table, fileName),
      };
    case 'exec':
      return { kind: 'exec', command: readCommand(table.command, table.command_timeout, fileName) };
    case 'file':
      return { kind: 'file', path: fileName(table.token_file) };
    case 'env':
      return { kind: 'env', variable: table.token_env };
    case 'password':
      requireLiteralUser(table.user, 'a password');
      return { kind: 'password', password: readPasswordPlace(table, fileName) };
    case 'aws-rds-iam':
      requireLiteralUser(table.user, 'a token of Amazon RDS');
      return readAws(table);
    case 'azure-entra':
      return readAzure(table);
    case 'gcp-cloud-sql':
      return readGoogle(table, fileName);
  }
}

function readProvider(table: Table<'oidc' | 'client-credentials'>, fileName: (name: string) => string): OidcSettings {
  return {
    issuer: table.issuer,
    clientId: table.client_id,
    ...(table.audience !== undefined && { audience: table.audience }),
    ...(table.resource !== undefined && { resource: table.resource }),
    scopes: table.scopes,
    ...(table.ca_file !== undefined && { caFile: fileName(table.ca_file) }),
  };
}

function readClient(
  table: Table<'oidc'>,
  fileName: (name: string) => string,
): Pick<OidcSettings, 'redirectUri' | 'clientSecretFile' | 'loginLifetimeMs'> {
  return {
    ...(table.redirect_uri !== undefined && { redirectUri: table.redirect_uri }),
    ...(table.client_secret_file !== undefined && { clientSecretFile: fileName(table.client_secret_file) }),
    ...(table.login_lifetime !== undefined && { loginLifetimeMs: table.login_lifetime }),
  };
}

function readProof(table: Table<'client-credentials'>, fileName: (name: string) => string): ClientProofSettings {
  const keys = ['client_secret_file', 'client_secret_env', 'private_key_file', 'assertion_file'] as const;
  const [key, value] = exactlyOne(table, keys);
  if (table.private_key_id !== undefined && key !== 'private_key_file')
    throw new KeyProblem('private_key_id', `"private_key_id" goes with "private_key_file", not with "${key}"`);
  switch (key) {
    case 'client_secret_env':
      return { kind: 'secret', secret: { kind: 'env', variable: value } };
    case 'client_secret_file':
      return { kind: 'secret', secret: { kind: 'file', path: fileName(value) } };
    case 'assertion_file':
      return { kind: 'assertion-file', path: fileName(value) };
    case 'private_key_file':
      return {
        kind: 'private-key',
        path: fileName(value),
        ...(table.private_key_id !== undefined && { keyId: table.private_key_id }),
      };
  }
}

function readPasswordPlace(table: Table<'password'>, fileName: (name: string) => string): SecretPlace {
  const [key] = exactlyOne(table, ['password_file', 'password_env', 'command'] as const);
  if (table.command_timeout !== undefined && key !== 'command')
    throw new KeyProblem('command_timeout', `"command_timeout" goes with "command", not with "${key}"`);
  if (table.command !== undefined)
    return { kind: 'command', command: readCommand(table.command, table.command_timeout, fileName) };
  if (table.password_env !== undefined) return { kind: 'env', variable: table.password_env };
  return { kind: 'file', path: fileName(table.password_file ?? '') };
}

/** A program given with a folder is looked for next to the configuration; one without, in PATH. */
function readCommand(
  [program, ...args]: readonly [string, ...string[]],
  timeoutMs: number | undefined,
  fileName: (name: string) => string,
): CommandSettings {
  const argv = [program.includes('/') ? fileName(program) : program, ...args] as const;
  return { argv, timeoutMs: timeoutMs ?? DEFAULT_COMMAND_TIMEOUT_MS };
}

function readAws(table: Table<'aws-rds-iam'>): CredentialSettings {
  return {
    kind: 'aws-rds-iam',
    ...(table.aws_region !== undefined && { region: table.aws_region }),
    ...(table.aws_profile !== undefined && { profile: table.aws_profile }),
    ...(table.aws_endpoint !== undefined && { endpoint: table.aws_endpoint }),
  };
}

function readAzure(table: Table<'azure-entra'>): CredentialSettings {
  return {
    kind: 'azure-entra',
    identity: table.azure_identity,
    scope: table.azure_scope,
    ...(table.azure_tenant !== undefined && { tenantId: table.azure_tenant }),
    ...(table.azure_client_id !== undefined && { clientId: table.azure_client_id }),
    ...(table.azure_authority !== undefined && { authority: table.azure_authority }),
  };
}

function readGoogle(table: Table<'gcp-cloud-sql'>, fileName: (name: string) => string): CredentialSettings {
  return {
    kind: 'gcp-cloud-sql',
    ...(table.gcp_key_file !== undefined && { keyFile: fileName(table.gcp_key_file) }),
    ...(table.gcp_impersonate !== undefined && { impersonate: table.gcp_impersonate }),
  };
}

function requireLiteralUser(user: string, what: string): void {
  if (!user.includes('{')) return;
  throw new KeyProblem('user', `"user" must be the name itself, such as "app_reader": ${what} has no claims`);
}

function exactlyOne<T extends object, const K extends keyof T & string>(table: T, keys: readonly K[]): [K, string] {
  const [given, second] = keys.filter((key) => table[key] !== undefined);
  if (given === undefined) throw new KeyProblem('credential', `one of ${keys.join(', ')} is missing`);
  if (second !== undefined) throw new KeyProblem(second, `"${second}" cannot stand beside "${given}": one is enough`);
  return [given, String(table[given])];
}

/** Relative to the folder of the configuration; `~/` is the home directory. */
export function fileNextTo(configFile: string, name: string, homedir: string): string {
  return name.startsWith('~/') ? posix.join(homedir, name.slice(2)) : posix.resolve(posix.dirname(configFile), name);
}
