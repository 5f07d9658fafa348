import { readFile } from 'node:fs/promises';
import { type CertificateAuthority, createCertificateAuthority } from '../certificates.ts';
import { type OidcProviderOptions, startOidcProvider } from '../oidc/start-oidc-provider.ts';
import type { TestProvider } from '../oidc/test-provider.ts';
import { alice, bob, type TestUser } from '../oidc/users.ts';
import type { PostgresVersion } from '../postgres/binaries.ts';
import { startPostgres } from '../postgres/start-postgres.ts';
import type { TestPostgres } from '../postgres/test-postgres.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { type GatewayFiles, setGatewayPort, writeGatewayFiles } from './gateway-files.ts';
import { type RunningGateway, startGateway } from './start-gateway.ts';

export interface StackOptions {
  version?: PostgresVersion;
  /** Settings of postgresql.conf. */
  configuration?: Readonly<Record<string, string>>;
  provider?: OidcProviderOptions;
  /** Who has a role in PostgreSQL, named by e-mail address. Default: alice and bob; mallory has none. */
  people?: readonly TestUser[];
  /** TOML that goes before the tables of the gateway's file, and after them. */
  gatewayHead?: string;
  gatewayTail?: string;
  /** More lines for the table of the database in that file. */
  gatewayDatabase?: string;
  /** Client ids whose tokens the gateway takes besides those of `gprxy-cli`. */
  gatewayClients?: readonly string[];
  /** More lines for the table of the issuer in the gateway's file. */
  gatewayIssuer?: string;
  /** The port of the gateway. Default: a free one. */
  gatewayPort?: number;
  /** Variables of the gateway's environment, over ours. */
  gatewayEnv?: Readonly<Record<string, string>>;
}

/** Everything between a person and a row: PostgreSQL with a database `sales`, an OpenID provider, and a real gateway. */
export interface Stack extends AsyncDisposable {
  readonly postgres: TestPostgres;
  readonly provider: TestProvider;
  /** Signed every certificate here. */
  readonly ca: CertificateAuthority;
  readonly caFile: string;
  /** For what a test wants to keep as long as the stack. */
  readonly directory: string;
  readonly gateway: RunningGateway;
  /** The client certificate that the gateway logs in with. */
  readonly gatewayCertificate: Pick<GatewayFiles, 'certFile' | 'keyFile'>;
  /** `[profiles.NAME]` for the file of gprxy; without `listen` it has no listener. */
  profile(options?: { name?: string; listen?: string }): string;
  /** The audit records so far, oldest first. */
  audit(): Promise<Array<Record<string, unknown>>>;
  /** Another process in the place of a gateway that has ended, on the same port. */
  restartGateway(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts everything but the sidecar. It ends with `stop()` or with this process. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const { version = 18, configuration = {}, people = [alice, bob] } = options;
  const ca = await createCertificateAuthority('gprxy test authority');
  const [directory, postgres, provider] = await Promise.all([
    temporaryDirectory({ prefix: 'gprxy-stack-' }),
    startPostgres({ version, database: 'sales', ca, configuration, ...identOf(version, people) }),
    startOidcProvider(options.provider),
  ]);
  for (const { email, groups } of people) await postgres.createUser(email, { memberOf: groups });
  const { gatewayPort: port = 0, gatewayHead: head = '', gatewayTail: tail = '', gatewayDatabase = '' } = options;
  const { gatewayClients: clients = [], gatewayIssuer: issuerLines = '' } = options;
  const toml = { head, tail, databaseLines: gatewayDatabase, clients, issuerLines };
  const files = await writeGatewayFiles(directory.path, { ca, postgres, provider, port, ...toml });
  let gateway = await startGateway(files.configFile, options.gatewayEnv);
  const stop = async () => {
    await gateway.program.stop('SIGKILL');
    await Promise.all([postgres.stop(), provider.stop()]);
    await directory.remove();
  };
  return {
    ...{ postgres, provider, ca, caFile: files.caFile, directory: directory.path, gatewayCertificate: files, stop },
    get gateway() {
      return gateway;
    },
    profile: (profile = {}) => profileToml(provider, gateway.port, files.caFile, profile),
    audit: () => readAudit(files.auditFile),
    async restartGateway() {
      await setGatewayPort(files, gateway.port);
      gateway = await startGateway(files.configFile, options.gatewayEnv);
    },
    [Symbol.asyncDispose]: stop,
  };
}

/** Only from 16 on may a line of pg_ident.conf name a group. */
function identOf(version: PostgresVersion, people: readonly TestUser[]): { ident?: string } {
  return version > 15 ? {} : { ident: people.map(({ email }) => `gprxy gprxy-gateway ${email}\n`).join('') };
}

function profileToml(
  provider: TestProvider,
  port: number,
  caFile: string,
  { name = 'demo', listen }: { name?: string; listen?: string },
): string {
  const lines = [
    `[profiles.${name}]`,
    `issuer = "${provider.issuer}"`,
    `client_id = "${provider.clientId}"`,
    `audience = "${provider.audience}"`,
    'scopes = ["openid", "email", "offline_access"]',
    ...(provider.ca === undefined ? [] : [`ca_file = "${caFile}"`]),
    `upstream = "postgresql://localhost:${port}?sslrootcert=${encodeURIComponent(caFile)}"`,
    ...(listen === undefined ? [] : [`listen = "${listen}"`]),
  ];
  return `${lines.join('\n')}\n`;
}

async function readAudit(file: string): Promise<Array<Record<string, unknown>>> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
