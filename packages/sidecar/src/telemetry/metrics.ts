import { GprxyError } from '@gprxy/proxy-core';
import type { SidecarStatus } from '../control/status.ts';
import type { ConnectionEnd, Telemetry } from './connection-observer.ts';
import { Counter, Histogram, Registry } from './prometheus.ts';
import { addStatusGauges } from './status-gauges.ts';

export interface Metrics extends Telemetry {
  /** Prometheus' text format, version 0.0.4. */
  text(): Promise<string>;
}

/** From what a warm token takes on a local network to a provider that is asked across an ocean. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Counts for Prometheus. Labels are names of profiles, steps and codes of our own: nothing that tells of a person or comes from a client. */
export function createMetrics(status: () => SidecarStatus): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const of = (name: string, help: string, ...labelNames: string[]) => ({ name, help, labelNames, registers });
  const total = new Counter(of('gprxy_connections_total', 'Clients that said what they want.', 'profile'));
  const failures = new Counter(
    of('gprxy_connection_failures_total', 'Connections refused or cut off, by error code.', 'profile', 'code'),
  );
  const bytes = new Counter(
    of('gprxy_relayed_bytes_total', 'Bytes of sessions that have ended, by who sent them.', 'profile', 'sender'),
  );
  const cancels = new Counter(of('gprxy_cancels_total', 'Cancel requests.', 'profile', 'result'));
  const setup = new Histogram({
    ...of('gprxy_connection_setup_seconds', 'From the StartupMessage of a client until it is let in.', 'profile'),
    buckets: SECONDS,
  });
  const steps = new Histogram({
    ...of('gprxy_connection_step_seconds', 'What that time went to.', 'profile', 'step'),
    buckets: SECONDS,
  });
  addStatusGauges(registers, status);

  return {
    observe({ profile }) {
      total.inc({ profile });
      return {
        step: (step, from, until) => step !== 'session' && steps.observe({ profile, step }, (until - from) / 1_000),
        ready: (setupMs) => setup.observe({ profile }, setupMs / 1_000),
        end(end) {
          bytes.inc({ profile, sender: 'client' }, end.bytesFromClient);
          bytes.inc({ profile, sender: 'upstream' }, end.bytesFromUpstream);
          if (end.error !== undefined) failures.inc({ profile, code: codeOf(end) });
        },
      };
    },
    cancelled: (profile, result) => cancels.inc({ profile, result }),
    text: () => registry.metrics(),
  };
}

/** Ours alone: what an upstream says could be anything, and as much of it as it likes. */
function codeOf({ error }: ConnectionEnd): string {
  return error instanceof GprxyError ? error.code : 'ERR_INTERNAL';
}
