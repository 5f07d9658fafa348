import { execFile } from 'node:child_process';
import { appendFile, chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { CertificateAuthority } from '../certificates.ts';
import { SUPERUSER } from './cluster-template.ts';
import { type OsUser, own } from './os-user.ts';

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
  ca: CertificateAuthority;
  hba: string;
  ident: string;
  configuration: Readonly<Record<string, string>>;
}

/** Copies the data directory `template`, and gives it TLS and these rules; returns its path. */
export async function initialiseCluster(template: string, options: ClusterOptions): Promise<string> {
  const data = join(options.directory, 'data');
  await mkdir(data, { mode: 0o700 });
  await own(options.user, data);
  // Not by the PATH of the test, which may lead where this user must not look.
  const env = { PATH: '/usr/bin:/bin' };
  await promisify(execFile)('cp', ['-Rp', `${template}/.`, data], { ...options.user, cwd: '/', env });
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
