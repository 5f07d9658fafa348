import { GprxyError, UpstreamError } from '@gprxy/proxy-core';
import { expect, it } from 'vitest';
import type { SidecarStatus } from '../control/status.ts';
import { createMetrics, type Metrics } from './metrics.ts';

const status: SidecarStatus = {
  version: 1,
  pid: 1,
  startedAt: '2030-01-01T00:00:00.000Z',
  state: 'running',
  listeners: [
    {
      ...{ profile: 'prod', address: '127.0.0.1:5433', state: 'listening', connections: 2, totalConnections: 9 },
      ...{
        tokenExpiresAt: new Date(1_900_000_000_000).toISOString(),
        lastError: { at: '', code: '28P01', message: 'canary alice@corp.example' },
      },
    },
    { profile: 'prod', address: '/home/alice/run/.s.PGSQL.5432', state: 'failed', connections: 1, totalConnections: 0 },
  ],
  problems: [{ profile: 'prod', message: 'canary /home/alice' }],
};

/** The samples of one name, labels and value. */
async function samples(metrics: Metrics, name: string): Promise<string[]> {
  const lines = (await metrics.text()).split('\n');
  return lines.filter((line) => line.startsWith(name)).map((line) => line.slice(name.length));
}

const ended = { at: 0, bytesFromClient: 10, bytesFromUpstream: 20 };

it('counts what connections do, by profile, step and code of our own', async () => {
  const metrics = createMetrics(() => status);
  const good = metrics.observe({ profile: 'prod', sessionId: 's-1' });
  good.step('token', 1_000, 1_020);
  good.step('session', 1_020, 9_000_000);
  good.ready(30);
  good.end(ended);
  const bad = metrics.observe({ profile: 'prod', sessionId: 's-2' });
  bad.end({
    ...ended,
    error: new UpstreamError('no', { response: { severity: 'FATAL', code: 'HACKD', message: 'no' } }),
  });
  metrics.observe({ profile: 'prod', sessionId: 's-3' }).end({ ...ended, error: new Error('unforeseen') });
  metrics.cancelled('prod', 'forwarded');
  expect(await samples(metrics, 'gprxy_connections_total')).toEqual(['{profile="prod"} 3']);
  expect(await samples(metrics, 'gprxy_connection_failures_total')).toEqual([
    '{profile="prod",code="ERR_UPSTREAM"} 1',
    '{profile="prod",code="ERR_INTERNAL"} 1',
  ]);
  expect(await samples(metrics, 'gprxy_relayed_bytes_total')).toEqual([
    '{profile="prod",sender="client"} 30',
    '{profile="prod",sender="upstream"} 60',
  ]);
  expect(await samples(metrics, 'gprxy_cancels_total')).toEqual(['{profile="prod",result="forwarded"} 1']);
  expect(await samples(metrics, 'gprxy_connection_setup_seconds_sum')).toEqual(['{profile="prod"} 0.03']);
  expect(await samples(metrics, 'gprxy_connection_step_seconds_count')).toEqual(['{profile="prod",step="token"} 1']);
});

it('says what the status says', async () => {
  const metrics = createMetrics(() => status);
  expect(await samples(metrics, 'gprxy_connections{')).toEqual(['profile="prod"} 3']);
  expect(await samples(metrics, 'gprxy_listeners{')).toEqual([
    'profile="prod",state="listening"} 1',
    'profile="prod",state="failed"} 1',
  ]);
  expect(await samples(metrics, 'gprxy_token_expiry_timestamp_seconds')).toEqual(['{profile="prod"} 1900000000']);
  expect(await samples(metrics, 'gprxy_ready')).toEqual([' 0']);
  expect(await samples(metrics, 'gprxy_problems')).toEqual([' 1']);
  expect(await samples(metrics, 'process_start_time_seconds')).toEqual([' 1893456000']);
});

it('S18 has no name of a person, no path and no word of an error in it', async () => {
  const metrics = createMetrics(() => status);
  const error = new GprxyError('canary', { code: 'ERR_UPSTREAM' });
  metrics.observe({ profile: 'prod', sessionId: 'canary' }).end({ ...ended, error, connectionId: 'canary' });
  expect(await metrics.text()).not.toMatch(/canary|alice|home/);
});

it('is what promtool would take: a help, a type, units and suffixes by the conventions', async () => {
  const lines = (await createMetrics(() => status).text()).split('\n');
  const types = lines.flatMap((line) => /^# TYPE (\S+) (\S+)$/.exec(line)?.slice(1, 3).join(' ') ?? []);
  for (const type of types) {
    expect(type).toMatch(/^(gprxy|process)_[a-z_]+ (counter|gauge|histogram)$/);
    expect(/_total counter$/.test(type)).toBe(type.endsWith(' counter'));
    expect(/_seconds histogram$/.test(type)).toBe(type.endsWith(' histogram'));
  }
  expect(lines.filter((line) => line.startsWith('# HELP'))).toHaveLength(types.length);
});
