import { fileURLToPath } from 'node:url';
import { freePort } from '@gprxy/testkit';
import { type Contender, plaintextEnvironment } from '../contender.ts';
import { startProgram } from '../program.ts';
import type { SidecarSettings } from './sidecar-process.ts';

const PROCESS = fileURLToPath(new URL('sidecar-process.ts', import.meta.url));

/** The sidecar in a process of its own, with a token at hand. */
export function sidecar(options: { cpuProfileDirectory?: string }): Contender {
  return {
    name: 'sidecar',
    does: 'gprxy; plaintext to it, token login over verified TLS to the server; one thread.',
    async start(server) {
      const { postgres, user, token } = server;
      const port = await freePort();
      const tls = new URLSearchParams({ sslmode: 'verify-full', sslrootcert: postgres.caFile });
      const upstream = `postgresql://${postgres.host}:${postgres.port}/${postgres.database}?${tls}`;
      const settings: SidecarSettings = { port, upstream, user, token };
      const { pid, stop } = await startProgram({
        command: process.execPath,
        args: [...profiling(options.cpuProfileDirectory), '--import', 'tsx', PROCESS],
        env: { GPRXY_BENCH_SIDECAR: JSON.stringify(settings) },
        port,
      });
      return { environment: plaintextEnvironment(server, port), pids: [pid], stop };
    },
  };
}

function profiling(directory: string | undefined): string[] {
  return directory === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${directory}`];
}
