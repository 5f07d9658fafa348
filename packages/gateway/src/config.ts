import { dirname, resolve } from 'node:path';
import { isLoopbackHost } from '@gprxy/loopback-http';
import { type ClaimSettings, readClaimSettings } from './config/claim-settings.ts';
import { ConfigError } from './config/config-error.ts';
import { type DatabaseConfig, readDatabases } from './config/databases.ts';
import { type Environment, rootCredentialsIn } from './config/environment.ts';
import { type IssuerConfig, readIssuers } from './config/issuers.ts';
import { type HostAndPort, parseHostAndPort } from './config/listen-address.ts';
import { type CheckedFile, checkFile } from './config/read-file.ts';
import { type Rule, readRules } from './config/rules.ts';
import { roleProblem } from './identity/role-name.ts';
import { oauthBearerChallenge } from './oauthbearer-challenge.ts';

export type AuthMethod = 'password' | 'oauthbearer';

export interface AuditConfig {
  readonly sink: 'stdout' | 'file';
  readonly path: string | undefined;
  /** What becomes of a login whose record cannot be written. */
  readonly onFailure: 'deny' | 'continue';
}

/** The gateway's file, checked; every path in it is absolute. */
export interface GatewayConfig {
  readonly path: string;
  readonly listen: readonly HostAndPort[];
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined;
  /** What a client is asked for first, and what else it may choose. */
  readonly auth: readonly AuthMethod[];
  readonly authenticationTimeoutMs: number;
  readonly drainTimeoutMs: number;
  readonly maxConnections: number;
  readonly maxTokenBytes: number;
  readonly stateDirectory: string | undefined;
  readonly allowPrivilegedLogins: ReadonlySet<string>;
  readonly issuers: readonly IssuerConfig[];
  readonly databases: ReadonlyMap<string, DatabaseConfig>;
  readonly rules: readonly Rule[];
  readonly claimSettings: ClaimSettings;
  readonly audit: AuditConfig;
  readonly admin: HostAndPort | undefined;
  /** Roles of people that `provision` makes when the command line names none. */
  readonly provisionRoles: readonly string[];
}

export interface ConfigSource {
  readonly path: string;
  readonly env: Environment;
  readonly readFile: (path: string) => string;
  /** `provision` alone may see administrator credentials. */
  readonly allowRootCredentials?: boolean;
}

/** Reads and checks the file. Errors: ConfigError, with the line. */
export function loadConfig({ path, env, readFile, allowRootCredentials = false }: ConfigSource): GatewayConfig {
  if (!allowRootCredentials) refuseRootCredentials(path, env);
  const file = checkFile(tryRead(path, readFile), path, env);
  const { table } = file;
  const fileAt = (name: string) => resolve(dirname(path), name);
  const allowPrivilegedLogins = new Set(table.allow_privileged_logins);
  return {
    path,
    listen: readListen(file),
    tls: table.tls && { certFile: fileAt(table.tls.cert), keyFile: fileAt(table.tls.key) },
    auth: table.auth,
    authenticationTimeoutMs: table.authentication_timeout,
    drainTimeoutMs: table.drain_timeout,
    maxConnections: table.max_connections,
    maxTokenBytes: table.max_token_bytes,
    stateDirectory: table.state_directory === undefined ? undefined : fileAt(table.state_directory),
    allowPrivilegedLogins,
    issuers: readAllIssuers(file, fileAt),
    databases: readDatabases(file, fileAt),
    rules: readRules(file, allowPrivilegedLogins),
    claimSettings: readClaimSettings(file),
    audit: readAudit(file, fileAt),
    admin: readAdmin(file),
    provisionRoles: readProvisionRoles(file, allowPrivilegedLogins),
  };
}

function refuseRootCredentials(path: string, env: Environment): void {
  const [name] = rootCredentialsIn(env);
  if (name === undefined) return;
  throw new ConfigError(`${name} is in the environment: the gateway refuses to run next to administrator credentials`, {
    path,
    hint: `Unset ${name}. Only "gprxy-gateway provision" takes it.`,
  });
}

function tryRead(path: string, readFile: (path: string) => string): string {
  try {
    return readFile(path);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? ` (${error.code})` : '';
    throw new ConfigError(`cannot be read${reason}`, { path, hint: 'Name the file with --config FILE.' });
  }
}

function readListen({ table, fail }: CheckedFile): HostAndPort[] {
  return table.listen.map((text) => {
    const address =
      parseHostAndPort(text) ?? fail(['listen'], `has "${text}", which is no address such as "0.0.0.0:6432"`);
    if (!table.tls && !isLoopbackHost(address.host)) {
      fail(['listen'], `has "${text}", which other machines can reach: without [tls] only loopback is served`);
    }
    return address;
  });
}

function readAllIssuers(file: CheckedFile, fileAt: (name: string) => string): IssuerConfig[] {
  const issuers = readIssuers(file, fileAt);
  const [first] = issuers;
  if (!first) return issuers;
  try {
    oauthBearerChallenge(first);
  } catch {
    file.fail(['issuers', 0], 'has more scopes, or a longer URL, than clients read that ask where to sign in');
  }
  return issuers;
}

function readAudit({ table: { audit }, fail }: CheckedFile, fileAt: (name: string) => string): AuditConfig {
  if (audit.sink === 'file' && audit.path === undefined) fail(['audit'], 'has sink = "file" and no "path"');
  if (audit.sink === 'stdout' && audit.path !== undefined) fail(['audit', 'path'], 'needs sink = "file"');
  return {
    sink: audit.sink,
    path: audit.path === undefined ? undefined : fileAt(audit.path),
    onFailure: audit.on_failure,
  };
}

function readAdmin({ table, fail }: CheckedFile): HostAndPort | undefined {
  if (!table.admin) return undefined;
  const address = parseHostAndPort(table.admin.listen) ?? fail(['admin', 'listen'], 'must be as in "127.0.0.1:6433"');
  return isLoopbackHost(address.host) ? address : fail(['admin', 'listen'], 'must be a loopback address');
}

function readProvisionRoles({ table, fail }: CheckedFile, allowedLogins: ReadonlySet<string>): string[] {
  const roles = table.provision?.roles ?? [];
  for (const role of roles) {
    const problem = roleProblem(role, allowedLogins);
    if (problem !== undefined) fail(['provision', 'roles'], problem);
  }
  return [...roles];
}
