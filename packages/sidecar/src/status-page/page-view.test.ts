import { expect, it } from 'vitest';
import type { ListenerStatus, SidecarStatus } from '../control/status.ts';
import { pageView } from './page-view.ts';

const listener: ListenerStatus = {
  ...{ profile: 'prod', address: '127.0.0.1:5433', connections: 0, totalConnections: 0 },
  state: 'listening',
};
const status: SidecarStatus = {
  version: 1,
  pid: 1,
  startedAt: '2030-01-01T00:00:00.000Z',
  state: 'running',
  problems: [],
  startArguments: ['--log-file', '/home/alice/canary'],
  listeners: [{ ...listener, address: '/run/s' }, listener, { ...listener, profile: 'dev', state: 'failed' }],
};
const sources = {
  ...{ status: () => status, canSignIn: (profile: string) => profile === 'prod', signIn: () => undefined },
  connectionStrings: ({ address }: { address: string }) => [{ client: 'psql', text: `psql ${address}` }],
};

it('a profile is there once, and its clients are told of a port rather than of a socket', () => {
  expect(pageView(sources).profiles).toEqual([
    { name: 'prod', canSignIn: true, connectionStrings: [{ client: 'psql', text: 'psql 127.0.0.1:5433' }] },
    { name: 'dev', canSignIn: false, connectionStrings: [] },
  ]);
});

it('S18 what the sidecar was started with is not on the page', () => {
  expect(JSON.stringify(pageView(sources))).not.toContain('canary');
});
