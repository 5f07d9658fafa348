import { X509Certificate } from 'node:crypto';
import type { DatabaseConfig } from '../../config/databases.ts';
import type { Environment } from '../../config/environment.ts';
import type { GatewayConfig } from '../../config.ts';
import { USERS_GROUP } from '../../identity/privileged-logins.ts';
import { roleProblem } from '../../identity/role-name.ts';
import { hbaLines, identLines } from '../../provision/access-lines.ts';
import { provisionSql } from '../../provision/provision-sql.ts';
import { connectAsRoot } from '../../provision/root-connection.ts';
import { UsageError } from '../../usage-error.ts';

export interface ProvisionOptions {
  /** Names of the file; default: all, if they are on one server. */
  readonly databases: readonly string[];
  /** Roles of people, beside those of `[provision]` in the file. */
  readonly roles: readonly string[];
  readonly gatewayAddress: string;
  readonly dryRun: boolean;
}

export interface ProvisionDependencies {
  readonly env: Environment;
  readonly readFile: (path: string) => string;
  readonly stdout: { write(text: string): unknown };
}

/** Makes roles and grants as an administrator, and prints the lines that let the gateway in. */
export async function provision(
  config: GatewayConfig,
  options: ProvisionOptions,
  { env, readFile, stdout }: ProvisionDependencies,
): Promise<void> {
  const databases = chooseDatabases(config, options.databases);
  const roles = chooseRoles(config, options.roles);
  const names = databases.map(({ upstreamDatabase }) => upstreamDatabase);
  const statements = provisionSql({ databases: names, roles, allowPrivilegedLogins: config.allowPrivilegedLogins });
  if (options.dryRun) {
    stdout.write(statements.map((statement) => `${statement};\n`).join(''));
    return;
  }
  const client = await connectAsRoot(env, readFile);
  try {
    for (const statement of statements) await client.query(statement);
    const { rows } = await client.query<{ version: number; members: string[] }>(STATE, [USERS_GROUP]);
    const [{ version, members } = { version: 0, members: [] }] = rows;
    const { gatewayAddress } = options;
    const gatewayName = commonNameOf(databases, readFile);
    const lines = { serverVersion: version, gatewayName, gatewayAddress, databases: names, members };
    stdout.write(report(roles, hbaLines(lines), identLines(lines)));
  } finally {
    await client.end();
  }
}

const STATE = `SELECT pg_catalog.current_setting('server_version_num')::int / 10000 AS version,
  ARRAY(SELECT m.rolname::text FROM pg_catalog.pg_auth_members AS a
    JOIN pg_catalog.pg_roles AS g ON g.oid = a.roleid JOIN pg_catalog.pg_roles AS m ON m.oid = a.member
    WHERE g.rolname = $1 ORDER BY m.rolname) AS members`;

function chooseDatabases(config: GatewayConfig, names: readonly string[]): DatabaseConfig[] {
  const chosen = names.length > 0 ? names : [...config.databases.keys()];
  const databases = chosen.map((name) => {
    const database = config.databases.get(name);
    if (database) return database;
    throw new UsageError(
      `there is no [databases.${name}]`,
      `The file has: ${[...config.databases.keys()].join(', ')}.`,
    );
  });
  const servers = new Set(databases.map(({ upstream }) => `${upstream.host}:${upstream.port}`));
  if (servers.size <= 1) return databases;
  throw new UsageError(
    'the databases are on several servers, which are provisioned one by one',
    'Name those of one server with --database, and give DATABASE_ROOT_URL for it.',
  );
}

function chooseRoles(config: GatewayConfig, named: readonly string[]): string[] {
  for (const role of named) {
    const problem = roleProblem(role, config.allowPrivilegedLogins);
    if (problem !== undefined) throw new UsageError(`--role ${problem}`);
  }
  return [...new Set([...config.provisionRoles, ...named])];
}

/** The certificates of databases on one server are mapped by one line, so they are of one name. */
function commonNameOf(databases: readonly DatabaseConfig[], readFile: (path: string) => string): string {
  const names = new Set(
    databases.map(({ certFile }) => /^CN=(.*)$/m.exec(new X509Certificate(readFile(certFile)).subject)?.[1] ?? ''),
  );
  const [name = '', ...others] = names;
  if (name !== '' && others.length === 0) return name;
  throw new UsageError('the client certificates of these databases have no common name in common');
}

function report(roles: readonly string[], hba: readonly string[], ident: readonly string[]): string {
  const people = roles.length === 0 ? 'no people named (use --role, or [provision] in the file)' : roles.join(', ');
  return `Roles are in place: ${people}

# pg_hba.conf, before every other line that matches these people:
${hba.join('\n')}

# pg_ident.conf:
${ident.join('\n')}

Then let the server read them: SELECT pg_reload_conf();
`;
}
