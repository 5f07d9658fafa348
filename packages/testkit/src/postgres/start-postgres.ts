import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CertificateAuthority, createCertificateAuthority } from '../certificates.ts';
import { freePort } from '../free-port.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { type PostgresVersion, postgresBinaries } from './binaries.ts';
import { DEFAULT_HBA, DEFAULT_IDENT, initialiseCluster } from './cluster.ts';
import { clusterTemplate, SUPERUSER } from './cluster-template.ts';
import { type OsUser, postgresOsUser, reachableTemporaryRoot } from './os-user.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';
import { TestPostgres } from './test-postgres.ts';

const PORT_ATTEMPTS = 5;

export interface PostgresOptions {
  version: PostgresVersion;
  /** A database to create. Default: `postgres` only. */
  database?: string;
  /** Settings of postgresql.conf, over those of the kit (TLS, 127.0.0.1, no fsync). */
  configuration?: Readonly<Record<string, string>>;
  /** The whole of pg_hba.conf and of pg_ident.conf, instead of `DEFAULT_HBA` and `DEFAULT_IDENT`. */
  hba?: string;
  ident?: string;
  /** Signs the server's certificate and those of clients. Default: one of its own. */
  ca?: CertificateAuthority;
}

/** Starts a real PostgreSQL server with TLS on a free port of 127.0.0.1. It ends with `stop()` or with this process. */
export async function startPostgres(options: PostgresOptions): Promise<TestPostgres> {
  const user = postgresOsUser();
  const binaries = await postgresBinaries(options.version, user);
  const authority = options.ca ?? (await createCertificateAuthority());
  const parent = await reachableTemporaryRoot(user);
  const template = await clusterTemplate(binaries, user, parent);
  const directory = await temporaryDirectory({ parent, prefix: 'gprxy-pg-' });
  await chmod(directory.path, 0o711);
  const dataDirectory = await initialiseCluster(template.data, {
    directory: directory.path,
    user,
    ca: authority,
    hba: options.hba ?? DEFAULT_HBA,
    ident: options.ident ?? DEFAULT_IDENT,
    configuration: options.configuration ?? {},
  });
  const caFile = join(directory.path, 'ca.crt');
  await writeFile(caFile, authority.certPem);
  const { server, port } = await startOnFreePort(binaries.postgres, dataDirectory, user);
  const startServer = () => startServerProcess({ command: binaries.postgres, data: dataDirectory, port, user });
  const database = options.database ?? SUPERUSER;
  const { password } = template;
  const parts = { version: options.version, port, password, database, authority, caFile, dataDirectory };
  const postgres = new TestPostgres({ ...parts, libraryDirectory: binaries.lib, user, server, startServer, directory });
  if (options.database !== undefined) await createDatabase(postgres, options.database);
  return postgres;
}

/** Another process may take a free port before the server does. */
export async function startOnFreePort(
  command: string,
  data: string,
  user: OsUser,
): Promise<{ server: ServerProcess; port: number }> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    try {
      return { server: await startServerProcess({ command, data, port, user }), port };
    } catch (error) {
      if (attempt === PORT_ATTEMPTS || !String(error).includes('could not bind')) throw error;
    }
  }
}

async function createDatabase(postgres: TestPostgres, name: string): Promise<void> {
  const client = await postgres.connect(SUPERUSER);
  try {
    await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}
