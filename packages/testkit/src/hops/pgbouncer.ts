import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestPostgres } from '../postgres/test-postgres.ts';
import { startHop, type TestHop } from './hop.ts';

export interface PgBouncerOptions {
  readonly poolMode: 'session' | 'transaction';
  /** How a client shows who it is: by SCRAM, or (`plain`) by its password in clear, as a token is sent. */
  readonly authType: 'scram-sha-256' | 'plain';
  /** Who may come; PgBouncer logs in to PostgreSQL as that user with that password. */
  readonly user: string;
  readonly password: string;
}

/** PgBouncer before `postgres`, by TLS on both sides. Its certificate is for `localhost`, signed by the server's authority. */
export function startPgBouncer(postgres: TestPostgres, options: PgBouncerOptions): Promise<TestHop> {
  return startHop(async (port, directory) => {
    // Root gives itself up, and the files have to be read after that; what they hold is good for this test alone.
    await chmod(directory, 0o755);
    const write = async (name: string, text: string) => {
      await writeFile(join(directory, name), text);
      return join(directory, name);
    };
    const { certPem, keyPem } = await postgres.authority.issue({ commonName: 'localhost', hosts: ['localhost'] });
    const settings = {
      listen_addr: '127.0.0.1',
      listen_port: port,
      unix_socket_dir: '',
      auth_type: options.authType,
      auth_file: await write('users', `"${options.user}" "${options.password}"\n`),
      pool_mode: options.poolMode,
      client_tls_sslmode: 'require',
      client_tls_cert_file: await write('client.crt', certPem),
      client_tls_key_file: await write('client.key', keyPem),
      server_tls_sslmode: 'verify-full',
      server_tls_ca_file: await write('ca.crt', postgres.ca),
      ignore_startup_parameters: 'extra_float_digits',
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
    const databases = `* = host=${postgres.host} port=${postgres.port}`;
    const file = await write('pgbouncer.ini', ['[databases]', databases, '[pgbouncer]', ...lines, ''].join('\n'));
    const asOther = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
    return { command: 'pgbouncer', args: [...asOther, file] };
  });
}
