import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '@gprxy/testkit';
import { type Contender, plaintextEnvironment } from '../contender.ts';
import { startProgram } from '../program.ts';

export const stunnel: Contender = {
  name: 'stunnel',
  does: 'protocol = pgsql, client mode; plaintext to it, verified TLS to the server; a thread a connection.',
  async start(server) {
    const { postgres } = server.stack;
    const port = await freePort();
    const config = join(server.directory, 'stunnel.conf');
    const text = `
foreground = yes
pid =
debug = err
socket = l:TCP_NODELAY=1
socket = r:TCP_NODELAY=1
[postgresql]
client = yes
protocol = pgsql
accept = 127.0.0.1:${port}
connect = ${postgres.host}:${postgres.port}
CAfile = ${postgres.caFile}
verifyChain = yes
checkHost = localhost
`;
    await writeFile(config, text, { mode: 0o600 });
    const { pid, stop } = await startProgram({ command: 'stunnel', args: [config], port });
    return { environment: plaintextEnvironment(server, port, server.password), pids: [pid], stop };
  },
};
