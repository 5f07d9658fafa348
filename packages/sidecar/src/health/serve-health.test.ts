import { describe, expect, it } from 'vitest';
import type { ListenerStatus, SidecarStatus } from '../control/status.ts';
import { serveHealth } from './serve-health.ts';

const listener = { profile: 'prod', address: '127.0.0.1:5433', connections: 0, totalConnections: 0 } as const;
const at = (state: ListenerStatus['state']): ListenerStatus => ({ ...listener, state });
const running: SidecarStatus = {
  version: 1,
  pid: 1,
  startedAt: '2030-01-01T00:00:00.000Z',
  state: 'running',
  listeners: [at('listening')],
  problems: [],
};

async function ask(path: string, status: Partial<SidecarStatus> = {}) {
  const { address, close } = await serveHealth({
    ...{ host: '127.0.0.1', port: 0 },
    status: () => ({ ...running, ...status }),
    metrics: async () => '# metrics\n',
  });
  const response = await fetch(`http://127.0.0.1:${address.port}${path}`).finally(close);
  return { code: response.status, text: await response.text() };
}

const problem = { profile: 'dev', message: 'the upstream is no URL' };

describe('three questions, and the metrics', () => {
  it.each<[path: string, status: Partial<SidecarStatus>, code: number]>([
    ['/startup', { state: 'starting' }, 503],
    ['/startup', {}, 200],
    ['/startup', { state: 'stopping' }, 200],
    ['/liveness', { state: 'stopping', listeners: [] }, 200],
    ['/readiness', {}, 200],
    ['/readiness?probe=1', {}, 200],
    ['/readiness', { state: 'starting' }, 503],
    ['/readiness', { state: 'stopping' }, 503],
    ['/readiness', { listeners: [at('listening'), at('failed')] }, 503],
    ['/readiness', { listeners: [at('listening'), at('draining')] }, 200],
    ['/readiness', { problems: [problem] }, 503],
    ['/readiness', { problems: [{ message: 'the file is not TOML' }] }, 200],
    ['/metrics', {}, 200],
    ['/', {}, 404],
    ['/constructor', {}, 404],
  ])('%s of %j is answered %i', async (path, status, code) => {
    expect((await ask(path, status)).code).toBe(code);
  });

  it('says which address is missing, and to other users of the machine not why', async () => {
    const status = { listeners: [at('listening'), { ...at('failed'), address: '127.0.0.1:1' }], problems: [problem] };
    expect(JSON.parse((await ask('/readiness', status)).text)).toEqual({
      status: 'failed',
      draining: false,
      checks: [
        { profile: 'prod', address: '127.0.0.1:5433', ok: true },
        { profile: 'prod', address: '127.0.0.1:1', ok: false },
        { profile: 'dev', ok: false },
      ],
    });
  });

  it('serves metrics', async () => {
    expect((await ask('/metrics')).text).toBe('# metrics\n');
  });
});
