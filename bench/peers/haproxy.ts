import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '@gprxy/testkit';
import { type Contender, plaintextEnvironment } from '../contender.ts';
import { startProgram } from '../program.ts';

/** It does not know SSLRequest, but PostgreSQL 17 and later take a TLS handshake at once if ALPN says `postgresql`. */
export const haproxy: Contender = {
  name: 'HAProxy',
  does: 'TCP mode; plaintext to it, verified direct TLS (ALPN) to the server; a thread a core.',
  async start(server) {
    const { postgres } = server.stack;
    const port = await freePort();
    const config = join(server.directory, 'haproxy.cfg');
    const text = `
defaults
  mode tcp
  timeout connect 10s
  timeout client 1h
  timeout server 1h
frontend local
  bind 127.0.0.1:${port}
  default_backend postgresql
backend postgresql
  server one ${postgres.host}:${postgres.port} ssl verify required ca-file ${postgres.caFile} verifyhost localhost sni str(localhost) alpn postgresql
`;
    await writeFile(config, text, { mode: 0o600 });
    const { pid, stop } = await startProgram({ command: 'haproxy', args: ['-db', '-q', '-f', config], port });
    return { environment: plaintextEnvironment(server, port, server.password), pids: [pid], stop };
  },
};
