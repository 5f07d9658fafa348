import { type Dsn, type DsnTls, GprxyError, parseDsn, UpstreamError } from '@gprxy/proxy-core';
import pg from 'pg';
import type { Environment } from '../config/environment.ts';
import { UsageError } from '../usage-error.ts';

/** Connects as the administrator of DATABASE_ROOT_URL. Errors: UsageError, UpstreamError; none of them has the password. */
export async function connectAsRoot(env: Environment, readFile: (path: string) => string): Promise<pg.Client> {
  const url = env.DATABASE_ROOT_URL;
  if (!url) {
    throw new UsageError(
      'DATABASE_ROOT_URL is not set',
      'Set it to a connection string of an administrator for this command alone, or use --dry-run.',
    );
  }
  const dsn = tryParse(url);
  const client = new pg.Client({
    host: dsn.host,
    port: dsn.port,
    user: dsn.user,
    password: dsn.password,
    database: dsn.database ?? 'postgres',
    application_name: 'gprxy-gateway provision',
    connectionTimeoutMillis: dsn.connectTimeoutMs ?? 10_000,
    ssl: sslOf(dsn.tls, readFile),
  });
  client.on('error', () => {});
  await client.connect().catch((error: Error) => {
    throw new UpstreamError(`cannot connect to ${dsn.host}:${dsn.port} as administrator: ${error.message}`, {
      hint: 'Check DATABASE_ROOT_URL; sslrootcert=FILE names the authority of the server certificate.',
    });
  });
  return client;
}

function tryParse(url: string): Dsn {
  try {
    const dsn = parseDsn(url);
    if (dsn.hosts.length > 1) throw new UsageError('DATABASE_ROOT_URL names several hosts', 'Name the primary.');
    return dsn;
  } catch (error) {
    if (!(error instanceof GprxyError)) throw error;
    throw new UsageError(`DATABASE_ROOT_URL is no connection string: ${error.message}`, error.hint);
  }
}

function sslOf(tls: DsnTls, readFile: (path: string) => string): pg.ClientConfig['ssl'] {
  if (tls.mode === 'disable') return false;
  const { rootCertFile, certFile, keyFile, mode } = tls;
  return {
    rejectUnauthorized: mode !== 'require',
    ...(mode === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
    ...(rootCertFile !== undefined && { ca: readFile(rootCertFile) }),
    ...(certFile !== undefined && keyFile !== undefined && { cert: readFile(certFile), key: readFile(keyFile) }),
  };
}
