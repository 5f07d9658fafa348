import { X509Certificate } from 'node:crypto';
import type { DatabaseConfig } from '../../config/databases.ts';
import type { Environment } from '../../config/environment.ts';
import type { GatewayConfig } from '../../config.ts';
import { roleProblem } from '../../identity/role-name.ts';
import { hbaAddress, hbaLines, identLines } from '../../provision/access-lines.ts';
import { applyProvision, type Provisioned } from '../../provision/apply-provision.ts';
import { provisionSql } from '../../provision/provision-sql.ts';
import { connectAsRoot } from '../../provision/root-connection.ts';
import { UsageError } from '../../usage-error.ts';

export interface ProvisionOptions {
  /** Names of the file; default: all, if they are on one server. */
  readonly databases: readonly string[];
  /** Roles of people, beside those of `[provision]` in the file. */
  readonly roles: readonly string[];
  /** Functional roles that these people get. */
  readonly grants: readonly string[];
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
  const names = databases.map(({ upstreamDatabase }) => upstreamDatabase);
  const gatewayAddress = hbaAddress(options.gatewayAddress);
  const { allowPrivilegedLogins } = config;
  const plan = { databases: names, ...chooseRoles(config, options), allowPrivilegedLogins };
  if (options.dryRun) {
    stdout.write(
      provisionSql(plan)
        .map((statement) => `${statement};\n`)
        .join(''),
    );
    return;
  }
  const hba = hbaLines({ databases: names, gatewayAddress });
  const gatewayName = commonNameOf(databases, readFile);
  const client = await connectAsRoot(env, readFile);
  try {
    const provisioned = await applyProvision(client, plan);
    stdout.write(report(plan.roles, provisioned, hba, identLines({ ...provisioned, gatewayName })));
  } finally {
    await client.end();
  }
}

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

function chooseRoles(config: GatewayConfig, { roles: named, grants }: ProvisionOptions) {
  const choices = [...named.map((role) => ['--role', role]), ...grants.map((role) => ['--grant', role])] as const;
  for (const [option, role = ''] of choices) {
    const problem = roleProblem(role, config.allowPrivilegedLogins);
    if (problem !== undefined) throw new UsageError(`${option} ${problem}`);
  }
  const roles = [...new Set([...config.provisionRoles, ...named])];
  const both = grants.find((role) => roles.includes(role));
  if (both === undefined) return { roles, grants: [...new Set(grants)] };
  throw new UsageError(`"${both}" cannot be both a person and a role that people get`);
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

function report(
  roles: readonly string[],
  { changes, warnings }: Provisioned,
  hba: readonly string[],
  ident: readonly string[],
): string {
  const people = roles.length === 0 ? 'No people named: use --role, or [provision] in the file.\n' : '';
  const changed = changes.map((change) => `- ${change}\n`).join('') || 'Nothing to change: all of it is in place.\n';
  const warned = warnings.map((warning) => `Warning: ${warning}\n`).join('');
  return `${changed}${warned}${people}
# pg_hba.conf, before every other line that matches these people:
${hba.join('\n')}

# pg_ident.conf:
${ident.join('\n')}

Then let the server read them: SELECT pg_reload_conf();
`;
}
