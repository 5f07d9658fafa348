import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '@gprxy/testkit';
import { type Contender, plaintextEnvironment, tlsEnvironment } from '../contender.ts';
import { startProgram } from '../program.ts';
import { type BenchServer, SCRAM_ROLE } from '../server.ts';

/** Session pooling, verified TLS to the server, nobody asked for a password, no log: the rest is as it comes. */
export const pgbouncer: Contender = {
  name: 'PgBouncer',
  does: 'session pooling; plaintext to it, verified TLS to the server; one thread.',
  start: (server) => start(server, 'pgbouncer', plaintextEnvironment),
};

/** With TLS on both sides it is what a gateway is compared with. */
export const pgbouncerWithClientTls: Contender = {
  name: 'PgBouncer TLS',
  does: 'the same with TLS to it.',
  clientTls: true,
  start: async (server) => start(server, 'pgbouncer-tls', tlsEnvironment, await clientTls(server)),
};

/** As pgbouncerWithClientTls, and it asks for a password as PostgreSQL does. */
export const pgbouncerWithScram: Contender = {
  name: 'PgBouncer TLS SCRAM',
  does: 'TLS to it, SCRAM with 4,096 iterations; a pooled session behind it.',
  clientTls: true,
  async start(server) {
    const file = join(server.directory, 'pgbouncer-users');
    await writeFile(file, `"${server.password.user}" "${await scramVerifier(server)}"\n`, { mode: 0o644 });
    const login = { auth_type: 'scram-sha-256', auth_file: file };
    return start(server, 'pgbouncer-scram', tlsEnvironment, { ...(await clientTls(server)), ...login });
  },
};

async function scramVerifier({ stack, password }: BenchServer): Promise<string> {
  const rows = await stack.postgres.query('SELECT rolpassword FROM pg_authid WHERE rolname = $1', [SCRAM_ROLE]);
  if (rows[0] === undefined) throw new Error(`there is no role ${SCRAM_ROLE} with the password of ${password.user}`);
  return rows[0].rolpassword;
}

async function clientTls({ stack, directory }: BenchServer): Promise<Record<string, string>> {
  const issued = await stack.ca.issue({ commonName: 'localhost', hosts: ['localhost'], ips: ['127.0.0.1'] });
  const files = { client_tls_cert_file: issued.certPem, client_tls_key_file: issued.keyPem };
  const settings: Record<string, string> = { client_tls_sslmode: 'require' };
  for (const [name, pem] of Object.entries(files)) {
    const path = join(directory, `${name}.pem`);
    await writeFile(path, pem);
    // For whoever it is after it has given up root. The key is good for this benchmark alone.
    await chmod(path, 0o644);
    settings[name] = path;
  }
  return settings;
}

async function start(
  server: BenchServer,
  name: string,
  environmentOf: typeof plaintextEnvironment,
  clientTls: Record<string, string> = {},
) {
  const port = await freePort();
  const config = join(server.directory, `${name}.ini`);
  await writeFile(config, configuration(server, { listen_port: port, ...clientTls }), { mode: 0o600 });
  // It refuses to be root, and reads its file before it gives that up.
  const asOther = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const { pid, stop } = await startProgram({ command: 'pgbouncer', args: ['-q', ...asOther, config], port });
  return { environment: environmentOf(server, port, server.password), pids: [pid], stop };
}

function configuration({ stack, database, password }: BenchServer, more: Record<string, string | number>): string {
  const { host, port, caFile } = stack.postgres;
  const login = `host=${host} port=${port} dbname=${database} user=${password.user} password=${password.secret}`;
  const settings = {
    listen_addr: '127.0.0.1',
    unix_socket_dir: '',
    auth_type: 'any',
    pool_mode: 'session',
    default_pool_size: 100,
    max_client_conn: 200,
    server_tls_sslmode: 'verify-full',
    server_tls_ca_file: caFile,
    ignore_startup_parameters: 'extra_float_digits',
    log_connections: 0,
    log_disconnections: 0,
    log_stats: 0,
    ...more,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  return ['[databases]', `* = ${login}`, '[pgbouncer]', ...lines, ''].join('\n');
}
