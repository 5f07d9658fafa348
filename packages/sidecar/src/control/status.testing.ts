import type { SidecarStatus } from './status.ts';

/** Of a sidecar that serves nothing yet. */
export const runningStatus: SidecarStatus = {
  version: 1,
  pid: process.pid,
  startedAt: '2030-01-01T00:00:00.000Z',
  state: 'running',
  listeners: [],
  problems: [],
};
