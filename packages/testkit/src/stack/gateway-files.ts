import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CertificateAuthority } from '../certificates.ts';
import type { TestProvider } from '../oidc/test-provider.ts';
import type { TestPostgres } from '../postgres/test-postgres.ts';

export interface GatewayFileOptions {
  ca: CertificateAuthority;
  postgres: TestPostgres;
  provider: TestProvider;
  /** 0 for a free one. */
  port: number;
  /** TOML that goes before the tables of the file, and after them. */
  head: string;
  tail: string;
  /** More lines for the table of the database. */
  databaseLines: string;
  /** Whose tokens are taken besides those of the provider's own client. */
  clients: readonly string[];
  /** More lines for the table of the issuer. */
  issuerLines: string;
}

/** Where the gateway's files are. */
export interface GatewayFiles {
  readonly configFile: string;
  readonly caFile: string;
  readonly auditFile: string;
  /** The client certificate that the gateway logs in to PostgreSQL with. */
  readonly certFile: string;
  readonly keyFile: string;
}

/** Writes the gateway's configuration and certificates to a directory of their own. */
export async function writeGatewayFiles(parent: string, options: GatewayFileOptions): Promise<GatewayFiles> {
  const directory = join(parent, 'gateway');
  await mkdir(directory, { mode: 0o700 });
  const write = async (name: string, text: string) => {
    await writeFile(join(directory, name), text, { mode: 0o600 });
    return join(directory, name);
  };
  const { ca } = options;
  const server = await ca.issue({ commonName: 'localhost', hosts: ['localhost'], ips: ['127.0.0.1'] });
  const client = await ca.issue({ commonName: 'gprxy-gateway', client: true });
  await write('server.crt', server.certPem);
  await write('server.key', server.keyPem);
  return {
    caFile: await write('ca.crt', ca.certPem),
    certFile: await write('gateway.crt', client.certPem),
    keyFile: await write('gateway.key', client.keyPem),
    auditFile: join(directory, 'audit.jsonl'),
    configFile: await write('gateway.toml', gatewayToml(options)),
  };
}

const LISTEN = /^listen = .*$/m;
const listenOn = (port: number) => `listen = "127.0.0.1:${port}"`;

/** Makes the next gateway with this file listen there. */
export async function setGatewayPort({ configFile }: GatewayFiles, port: number): Promise<void> {
  const text = await readFile(configFile, 'utf8');
  await writeFile(configFile, text.replace(LISTEN, listenOn(port)), { mode: 0o600 });
}

function gatewayToml(options: GatewayFileOptions): string {
  const { postgres, provider, port, head, tail, databaseLines, clients, issuerLines } = options;
  const trust = provider.ca === undefined ? '' : 'ca = "ca.crt"\n';
  return `${listenOn(port)}
${head}
[tls]
cert = "server.crt"
key = "server.key"

[audit]
sink = "file"
path = "audit.jsonl"

[[issuers]]
issuer = "${provider.issuer}"
audience = "${provider.audience}"
client_ids = ${JSON.stringify([provider.clientId, ...clients])}
${trust}${issuerLines}
[databases.${postgres.database}]
upstream = "postgresql://localhost:${postgres.port}/${postgres.database}?sslrootcert=ca.crt"
identity = { mode = "login", backend_auth = "cert", cert = "gateway.crt", key = "gateway.key" }
${databaseLines}

[[rules]]
match = { groups = ["data-eng", "analysts"] }
role = "{email}"
${tail}`;
}
