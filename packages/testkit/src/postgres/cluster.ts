import { execFile } from 'node:child_process';
import { appendFile, chmod, chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { CertificateAuthority } from '../certificates.ts';
import type { PostgresBinaries } from './binaries.ts';
import type { OsUser } from './os-user.ts';

export const SUPERUSER = 'postgres';

/** The superuser by password; members of `gprxy_users` by the gateway's certificate; other roles by password. */
export const DEFAULT_HBA = `
hostssl all ${SUPERUSER} 127.0.0.1/32 scram-sha-256
hostssl all +gprxy_users 127.0.0.1/32 cert map=gprxy
hostssl all all 127.0.0.1/32 scram-sha-256
`;
export const DEFAULT_IDENT = 'gprxy gprxy-gateway +gprxy_users\n';

export interface ClusterOptions {
  directory: string;
  user: OsUser;
  password: string;
  ca: CertificateAuthority;
  hba: string;
  ident: string;
  configuration: Readonly<Record<string, string>>;
}

/** Creates a data directory with TLS and these rules; returns its path. */
export async function initialiseCluster(binaries: PostgresBinaries, options: ClusterOptions): Promise<string> {
  const data = join(options.directory, 'data');
  const passwordFile = join(options.directory, 'password');
  await mkdir(data, { mode: 0o700 });
  await writeFile(passwordFile, options.password, { mode: 0o600 });
  await own(options.user, data, passwordFile);
  await promisify(execFile)(
    binaries.initdb,
    [
      ...['-D', data, '-U', SUPERUSER, '-E', 'UTF8', '--locale=C', '--auth=scram-sha-256', `--pwfile=${passwordFile}`],
      ...['--no-sync', '--no-instructions'],
    ],
    { ...options.user, cwd: '/', env: { ...process.env, LC_ALL: 'C' } },
  );
  const server = await options.ca.issue({ commonName: 'localhost', hosts: ['localhost'], ips: ['127.0.0.1', '::1'] });
  const files = {
    'server.crt': server.certPem,
    'server.key': server.keyPem,
    'ca.crt': options.ca.certPem,
    'pg_hba.conf': options.hba,
    'pg_ident.conf': options.ident,
  };
  await appendFile(join(data, 'postgresql.conf'), configurationFile(options.configuration));
  for (const [name, text] of Object.entries(files)) await writeClusterFile(options.user, join(data, name), text);
  return data;
}

export async function writeClusterFile(user: OsUser, path: string, text: string): Promise<void> {
  await writeFile(path, text, { mode: 0o600 });
  await chmod(path, 0o600);
  await own(user, path);
}

async function own(user: OsUser, ...paths: string[]): Promise<void> {
  if (user.uid === undefined || user.gid === undefined) return;
  for (const path of paths) await chown(path, user.uid, user.gid);
}

function configurationFile(configuration: Readonly<Record<string, string>>): string {
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    ssl: 'on',
    ssl_ca_file: 'ca.crt',
    max_connections: '300',
    shared_buffers: '32MB',
    // Nobody needs this data after a power cut.
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    ...configuration,
  };
  const quote = (value: string) => `'${value.replaceAll("'", "''")}'`;
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${quote(value)}\n`)
    .join('');
}
