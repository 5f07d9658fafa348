import { type LoopbackServer, type Probe, serveProbes, verdict } from '@gprxy/loopback-http';
import type { SidecarStatus } from '../control/status.ts';
import { readinessOf } from './readiness.ts';

export interface HealthOptions {
  readonly host: string;
  readonly port: number;
  status(): SidecarStatus;
  metrics(): Promise<string>;
}

/**
 * `/startup`, `/readiness`, `/liveness` and `/metrics` for whoever watches over the sidecar: not started yet (wait), not ready (send
 * others elsewhere), not alive (restart). Nothing can be changed here. Rejects with the error of bind(2).
 */
export function serveHealth({ host, port, status, metrics }: HealthOptions): Promise<LoopbackServer> {
  const probes = new Map<string, Probe>([
    ['/startup', () => verdict(status().state !== 'starting')],
    ['/readiness', () => ready(status())],
    // That there is an answer is the answer: an event loop that is stuck gives none.
    ['/liveness', () => verdict(true)],
    ['/metrics', async () => ({ code: 200, body: await metrics() })],
  ]);
  return serveProbes({ host, port, probes });
}

function ready(status: SidecarStatus): ReturnType<typeof verdict> {
  const { ready, ...more } = readinessOf(status);
  return verdict(ready, more);
}
