import { type Dsn, GprxyError, maskDsn, parseDsn } from '@gprxy/proxy-core';
import { isPrivilegedName } from '../identity/privileged-logins.ts';
import type { CheckedFile } from './read-file.ts';
import type { DatabaseTable } from './schema.ts';
import type { TomlPath } from './toml-lines.ts';

export interface StartupPolicy {
  /** Names of settings, lower case; `*` stands for all but those that change who a session is. */
  readonly allow: ReadonlySet<string>;
  readonly deny: ReadonlySet<string>;
  /** Whether `replication=database` may be asked for. */
  readonly replication: boolean;
}

export interface DatabaseConfig {
  /** The name that clients ask for. */
  readonly name: string;
  /** Where it is; `user` is the login with which `check` and readiness try it. */
  readonly upstream: Dsn;
  /** For logs and messages. */
  readonly maskedUpstream: string;
  /** The name of the database on its server. */
  readonly upstreamDatabase: string;
  readonly caFile: string | undefined;
  /** The gateway's own client certificate and its key, PEM files. */
  readonly certFile: string;
  readonly keyFile: string;
  readonly connectTimeoutMs: number;
  readonly startup: StartupPolicy;
}

export function readDatabases(file: CheckedFile, fileAt: (name: string) => string): Map<string, DatabaseConfig> {
  const databases = new Map<string, DatabaseConfig>();
  const users = new Map<string, string>();
  for (const [name, table] of Object.entries(file.table.databases)) {
    const database = readDatabase(name, table, file, fileAt);
    const { user } = database.upstream;
    const other = user === undefined ? undefined : users.get(user);
    if (other !== undefined) {
      file.fail(
        ['databases', name, 'upstream'],
        `has the same user as that of "${other}": give each a login of its own`,
      );
    }
    if (user !== undefined) users.set(user, name);
    databases.set(name, database);
  }
  if (databases.size === 0) file.fail(['databases'], 'must have at least one table such as [databases.sales]');
  return databases;
}

function readDatabase(
  name: string,
  table: DatabaseTable,
  file: CheckedFile,
  fileAt: (name: string) => string,
): DatabaseConfig {
  const at: TomlPath = ['databases', name];
  requireSupportedIdentity(table.identity, (key, problem) => file.fail([...at, 'identity', key], problem));
  const upstream = readUpstream(table.upstream, (problem, hint) => file.fail([...at, 'upstream'], problem, hint));
  return {
    name,
    upstream,
    maskedUpstream: maskDsn(table.upstream),
    upstreamDatabase: upstream.database ?? name,
    caFile: upstream.tls.rootCertFile === undefined ? undefined : fileAt(upstream.tls.rootCertFile),
    certFile: fileAt(table.identity.cert),
    keyFile: fileAt(table.identity.key),
    connectTimeoutMs: upstream.connectTimeoutMs ?? table.connect_timeout,
    startup: {
      allow: lowerCased(table.startup.allow),
      deny: lowerCased(table.startup.deny),
      replication: table.startup.replication,
    },
  };
}

const lowerCased = (names: readonly string[]): ReadonlySet<string> => new Set(names.map((name) => name.toLowerCase()));

function requireSupportedIdentity(
  { mode, backend_auth }: DatabaseTable['identity'],
  refuse: (key: string, problem: string) => never,
): void {
  if (mode !== 'login') refuse('mode', `"${mode}" is not supported: this version has mode = "login" only`);
  if (backend_auth !== 'cert') {
    refuse('backend_auth', `"${backend_auth}" is not supported: this version has backend_auth = "cert" only`);
  }
}

function readUpstream(dsn: string, refuse: (problem: string, hint?: string) => never): Dsn {
  const upstream = tryParse(dsn, refuse);
  if (upstream.tls.mode !== 'verify-full' && upstream.tls.mode !== 'verify-ca') {
    refuse(
      `has sslmode=${upstream.tls.mode}, with which anybody on the way could play the server (${maskDsn(dsn)})`,
      'Use sslmode=verify-full with sslrootcert=FILE of the authority that signed the server certificate.',
    );
  }
  if (upstream.hosts.length > 1) refuse('names several hosts', 'Name one host; several are not supported yet.');
  if (upstream.tls.certFile !== undefined) {
    refuse('names a client certificate: that is what "identity.cert" and "identity.key" are for');
  }
  if (upstream.password !== undefined) {
    refuse(
      `holds a password, which backend_auth = "cert" has no use for (${maskDsn(dsn)})`,
      'Take it out, so that the gateway has no secret to lose.',
    );
  }
  if (upstream.parameters.size > 0) refuse("sets startup parameters, which are the clients' to set");
  if (upstream.user !== undefined && isPrivilegedName(upstream.user)) {
    refuse(`has the privileged user "${upstream.user}"`, 'Use a login of its own; "provision" makes gprxy_check.');
  }
  return upstream;
}

function tryParse(dsn: string, refuse: (problem: string, hint?: string) => never): Dsn {
  try {
    return parseDsn(dsn);
  } catch (error) {
    if (!(error instanceof GprxyError)) throw error;
    return refuse(`is no connection string: ${error.message}`, error.hint);
  }
}
