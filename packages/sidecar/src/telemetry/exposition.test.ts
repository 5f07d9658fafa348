import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { UpstreamError } from '@gprxy/proxy-core';
import { has } from '@gprxy/testkit';
import { expect, it } from 'vitest';
import type { SidecarStatus } from '../control/status.ts';
import { createMetrics } from './metrics.ts';

const status: SidecarStatus = {
  ...{ version: 1, pid: 1, startedAt: '2030-01-01T00:00:00.000Z', state: 'running', problems: [] },
  listeners: [
    {
      ...{ profile: 'prod', address: '127.0.0.1:5433', state: 'listening', connections: 2, totalConnections: 9 },
      ...{ tokenExpiresAt: new Date(1_900_000_000_000).toISOString(), spares: { waiting: 1, lent: 0, unused: 0 } },
    },
  ],
};

/** After one of everything that is counted. */
async function exposition(profile = 'prod'): Promise<string> {
  const metrics = createMetrics(() => status);
  const connection = metrics.observe({ profile, sessionId: 's-1' });
  for (const step of ['authenticate', 'token', 'connect', 'login', 'session'] as const) connection.step(step, 0, 5);
  connection.ready(20);
  connection.end({ at: 0, bytesFromClient: 1, bytesFromUpstream: 2, error: new UpstreamError('no', {}) });
  metrics.cancelled(profile, 'forwarded');
  return metrics.text();
}

/** `name{label,label}`, as the documentation has it, of what a text has. */
function shapes(text: string): readonly string[] {
  const types = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name);
  return types.map((name) => {
    const [, labels = ''] = new RegExp(`^${name}(?:_count)?(?:\\{(.*?)\\})? \\S+$`, 'm').exec(text) ?? [];
    const names = [...labels.matchAll(/(\w+)="/g)].map(([, label]) => label);
    return `${name}${names.length > 0 ? `{${names.join(',')}}` : ''}`;
  });
}

it('docs/observing.md has every metric and its labels, and no other', async () => {
  const page = readFileSync(new URL('../../../../docs/observing.md', import.meta.url), 'utf8');
  const [table = ''] = /^\| metric \|[\s\S]*?\n\n/m.exec(page) ?? [];
  const told = [...table.matchAll(/`((?:gprxy|process)_\w+(?:\{[\w,]+\})?)`/g)].map(([, shape]) => shape);
  expect(told.sort()).toEqual([...shapes(await exposition())].sort());
});

const READ = `
import json, sys
from prometheus_client.parser import text_string_to_metric_families
families = text_string_to_metric_families(sys.stdin.read())
print(json.dumps({f.name: [f.type, f.documentation != '', sorted({s.labels.get('profile') for s in f.samples if 'profile' in s.labels})] for f in families}))
`;

it.runIf(has.prometheusClient)("is read by Prometheus' own parser, whatever a profile is called", async () => {
  const odd = 'a"b\\c\nd é';
  const { stdout, stderr } = spawnSync('/usr/bin/python3', ['-c', READ], {
    input: await exposition(odd),
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  const families = JSON.parse(stdout) as Record<string, [type: string, isHelped: boolean, profiles: string[]]>;
  expect(families.gprxy_connections_total ?? families.gprxy_connections).toBeDefined();
  expect(families.gprxy_connection_setup_seconds).toEqual(['histogram', true, [odd]]);
  for (const [type, isHelped] of Object.values(families)) {
    expect(['counter', 'gauge', 'histogram']).toContain(type);
    expect(isHelped).toBe(true);
  }
});

it('S18 has labels of a known few only: a profile, and words of our own', async () => {
  const labels = [...(await exposition()).matchAll(/[{,](\w+)="/g)].map(([, label]) => label);
  expect([...new Set(labels)].sort()).toEqual(['code', 'le', 'profile', 'result', 'sender', 'state', 'step']);
});
