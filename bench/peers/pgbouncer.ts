import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '@gprxy/testkit';
import { type Contender, plaintextEnvironment } from '../contender.ts';
import { startProgram } from '../program.ts';

/** Session pooling, verified TLS to the server, nobody asked for a password, no log: the rest is as it comes. */
export const pgbouncer: Contender = {
  name: 'PgBouncer',
  does: 'session pooling; plaintext to it, verified TLS to the server; one thread.',
  async start(server) {
    const { postgres, user, token, directory } = server;
    const port = await freePort();
    const config = join(directory, 'pgbouncer.ini');
    const login = `host=${postgres.host} port=${postgres.port} dbname=${postgres.database} user=${user} password=${token}`;
    const settings = {
      listen_addr: '127.0.0.1',
      listen_port: port,
      unix_socket_dir: '',
      auth_type: 'any',
      pool_mode: 'session',
      default_pool_size: 100,
      max_client_conn: 200,
      server_tls_sslmode: 'verify-full',
      server_tls_ca_file: postgres.caFile,
      ignore_startup_parameters: 'extra_float_digits',
      log_connections: 0,
      log_disconnections: 0,
      log_stats: 0,
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
    await writeFile(config, ['[databases]', `* = ${login}`, '[pgbouncer]', ...lines, ''].join('\n'), { mode: 0o600 });
    // It refuses to be root, and reads its file before it gives that up.
    const asOther = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
    const { pid, stop } = await startProgram({ command: 'pgbouncer', args: ['-q', ...asOther, config], port });
    return { environment: plaintextEnvironment(server, port), pids: [pid], stop };
  },
};
