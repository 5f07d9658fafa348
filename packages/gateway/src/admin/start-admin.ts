import { type LoopbackServer, type Probe, serveProbes, verdict } from '@gprxy/loopback-http';
import type { HostAndPort } from '../config/listen-address.ts';
import type { Readiness } from './readiness.ts';

export interface AdminOptions {
  readonly address: HostAndPort;
  /** Has the gateway been able to work, ever? */
  readonly startup: () => boolean;
  /** Should it get new connections now? */
  readonly readiness: () => Promise<Readiness>;
  readonly isDraining: () => boolean;
}

export type Admin = LoopbackServer;

/**
 * Three questions, for three different consequences: not started yet (wait), not ready (send others elsewhere), not
 * alive (restart). That a database or a provider is down is no reason to restart the gateway.
 */
export function startAdmin({ address, startup, readiness, isDraining }: AdminOptions): Promise<Admin> {
  const probes = new Map<string, Probe>([
    ['/startup', () => verdict(startup())],
    [
      '/readiness',
      async () => {
        const { ready, checks } = await readiness();
        const draining = isDraining();
        return verdict(ready && !draining, { draining, checks });
      },
    ],
    // That there is an answer is the answer: an event loop that is stuck gives none.
    ['/liveness', () => verdict(true)],
  ]);
  return serveProbes({ ...address, probes });
}
