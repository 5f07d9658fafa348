import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { freePort } from '@gprxy/testkit';
import { type Contender, plaintextEnvironment } from '../contender.ts';
import { startNode } from '../start-node.ts';
import type { BareNodeSettings } from './bare-node-process.ts';

const SOURCE = fileURLToPath(new URL('bare-node-process.ts', import.meta.url));

/** What Node itself costs: the limit of every relay that is written for it (docs/decisions/0020). */
export const bareNode: Contender = {
  name: 'bare Node',
  does: 'the least that Node can do, by its private handles; plaintext to it, verified direct TLS to the server; one thread.',
  async start(server) {
    const { postgres } = server.stack;
    const port = await freePort();
    const settings: BareNodeSettings = {
      ...{ port, upstreamPort: postgres.port },
      ca: readFileSync(postgres.caFile, 'utf8'),
    };
    const { pid, stop } = await startNode({ source: SOURCE, settings });
    return { environment: plaintextEnvironment(server, port, server.password), pids: [pid], stop };
  },
};
