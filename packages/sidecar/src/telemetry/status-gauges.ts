import type { Registry } from 'prom-client';
import type { SidecarStatus } from '../control/status.ts';
import { readinessOf } from '../health/readiness.ts';
import { Counter, Gauge } from './prometheus.ts';

/** What is so at the moment of asking, as `gprxy status` says it. */
export function addStatusGauges(registers: Registry[], status: () => SidecarStatus): void {
  const gauge = (name: string, help: string, labelNames: string[], set: (gauge: Gauge, now: SidecarStatus) => void) =>
    new Gauge({
      ...{ name, help, labelNames, registers },
      collect() {
        this.reset();
        set(this, status());
      },
    });
  gauge('gprxy_connections', 'Sessions that are open.', ['profile'], (gauge, { listeners }) => {
    for (const { profile, connections } of listeners) gauge.inc({ profile }, connections);
  });
  gauge('gprxy_spare_sessions', 'Sessions that wait for a client.', ['profile'], (gauge, { listeners }) => {
    for (const { profile, spares } of listeners) if (spares) gauge.set({ profile }, spares.waiting);
  });
  gauge('gprxy_listeners', 'Addresses, by whether they are served.', ['profile', 'state'], (gauge, { listeners }) => {
    for (const { profile, state } of listeners) gauge.inc({ profile, state });
  });
  gauge('gprxy_token_expiry_timestamp_seconds', 'When the token used last expires.', ['profile'], (gauge, now) => {
    for (const [profile, expiresAt] of expiries(now)) gauge.set({ profile }, expiresAt / 1_000);
  });
  gauge('gprxy_problems', 'What is not as the configuration says.', [], (gauge, now) => gauge.set(now.problems.length));
  gauge('gprxy_ready', 'What /readiness answers: 1 or 0.', [], (gauge, now) =>
    gauge.set(readinessOf(now).ready ? 1 : 0),
  );
  gauge('process_resident_memory_bytes', 'Resident memory.', [], (gauge) => gauge.set(process.memoryUsage.rss()));
  gauge('process_start_time_seconds', 'When the sidecar started.', [], (gauge, { startedAt }) =>
    gauge.set(Date.parse(startedAt) / 1_000),
  );
  new Counter({
    ...{ name: 'process_cpu_seconds_total', help: 'Processor time used.', registers },
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
}

/** Of the addresses of a profile the latest: they take their tokens from the same source. */
function expiries({ listeners }: SidecarStatus): Map<string, number> {
  const known = listeners.flatMap(
    ({ profile, tokenExpiresAt }): Array<[string, number]> =>
      tokenExpiresAt === undefined ? [] : [[profile, Date.parse(tokenExpiresAt)]],
  );
  return new Map(known.toSorted(([, one], [, other]) => one - other));
}
