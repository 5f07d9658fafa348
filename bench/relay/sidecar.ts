import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { requestControl } from '@gprxy/sidecar';
import { freePort } from '@gprxy/testkit';
import { type Contender, plaintextEnvironment } from '../contender.ts';
import type { Program } from '../program.ts';
import type { BenchServer, Login } from '../server.ts';
import { startNode } from '../start-node.ts';
import type { SidecarSettings } from './sidecar-process.ts';

const SOURCE = fileURLToPath(new URL('sidecar-process.ts', import.meta.url));

interface SidecarOptions {
  readonly cpuProfileDirectory?: string;
  /** Where the Unix socket is to be. */
  readonly directory?: string;
  /** Keeps spare sessions, and can be asked for them. */
  readonly controlSocketPath?: string;
}

/** The sidecar in a process of its own, with a token at hand. */
export function sidecar(options: SidecarOptions): Contender {
  return {
    name: 'sidecar',
    does: 'gprxy; plaintext to it, token login over verified TLS to the server; one thread.',
    async start(server) {
      const { port, program } = await run(server, server.stack.postgres.port, server.password, options);
      const environment = plaintextEnvironment(server, port, server.password);
      return { environment, pids: [program.pid], stop: program.stop };
    },
  };
}

/** With `warm = "auto"`; ready when a session waits. */
export const warmSidecar: Contender = {
  name: 'sidecar/warm',
  does: 'the same, and a spare session waits for the client.',
  async start(server) {
    const directory = join(server.directory, `control-${server.stack.postgres.port}`);
    await mkdir(directory, { mode: 0o700 });
    const controlSocketPath = join(directory, 'control.sock');
    const { port, program } = await run(server, server.stack.postgres.port, server.password, { controlSocketPath });
    const environment = plaintextEnvironment(server, port, server.password);
    return { environment, pids: [program.pid], ready: () => spareWaits(controlSocketPath), stop: program.stop };
  },
};

async function spareWaits(controlSocketPath: string): Promise<void> {
  for (;;) {
    const { listeners } = await requestControl(controlSocketPath, 'status');
    if (listeners.some(({ spares, totalConnections }) => totalConnections === 0 || (spares && spares.waiting > 0)))
      return;
    await sleep(5);
  }
}

/** As `listen = "unix"` has it. */
export const sidecarOnUnixSocket: Contender = {
  name: 'sidecar/unix',
  does: 'the same as sidecar, but clients come by a Unix socket, where all others have TCP.',
  async start(server) {
    const directory = join(server.directory, 'sockets');
    const { port, program } = await run(server, server.stack.postgres.port, server.password, { directory });
    const environment = { ...plaintextEnvironment(server, port, server.password), PGHOST: directory };
    return { environment, pids: [program.pid], stop: program.stop };
  },
};

/** The whole way of a person: both of our programs, one after the other. */
export const sidecarAndGateway: Contender = {
  name: 'sidecar+gateway',
  does: 'gprxy; plaintext to the sidecar, TLS to the gateway, TLS to the server; one thread each; CPU and memory of both.',
  async start(server) {
    const { gateway } = server.stack;
    const { port, program } = await run(server, gateway.port, server.person, {});
    const environment = plaintextEnvironment(server, port, server.person);
    return { environment, pids: [program.pid, gateway.program.pid], stop: program.stop };
  },
};

async function run(
  { stack, database }: BenchServer,
  upstreamPort: number,
  login: Login,
  { cpuProfileDirectory, directory, controlSocketPath }: SidecarOptions,
): Promise<{ port: number; program: Program }> {
  const port = await freePort();
  const tls = new URLSearchParams({ sslmode: 'verify-full', sslrootcert: stack.caFile });
  const upstream = `postgresql://127.0.0.1:${upstreamPort}/${database}?${tls}`;
  const settings: SidecarSettings = {
    ...{ port, upstream, user: login.user, token: login.secret },
    ...(directory !== undefined && { path: join(directory, `.s.PGSQL.${port}`) }),
    ...(controlSocketPath !== undefined && { controlSocketPath, warm: 'auto' }),
  };
  const nodeOptions = cpuProfileDirectory === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${cpuProfileDirectory}`];
  const program = await startNode({ source: SOURCE, settings, nodeOptions });
  return { port, program };
}
