import { describe, expect, it } from 'vitest';
import type { Readiness } from './readiness.ts';
import { type AdminOptions, startAdmin } from './start-admin.ts';

async function ask(path: string, options: Partial<AdminOptions> = {}) {
  const { address, close } = await startAdmin({
    address: { host: '127.0.0.1', port: 0 },
    startup: () => true,
    readiness: async () => ({ ready: true, checks: [{ kind: 'database', name: 'sales', ok: true }] }),
    isDraining: () => false,
    ...options,
  });
  const response = await fetch(`http://127.0.0.1:${address.port}${path}`).finally(close);
  return { status: response.status, text: await response.text() };
}

const checks: Readiness['checks'] = [{ kind: 'database', name: 'sales', ok: false, message: 'ECONNREFUSED' }];
const failing = { readiness: async () => ({ ready: false, checks }) };

describe('three questions', () => {
  it.each<[path: string, options: Partial<AdminOptions>, status: number]>([
    ['/startup', {}, 200],
    ['/startup', { startup: () => false }, 503],
    ['/liveness', {}, 200],
    ['/liveness', failing, 200],
    ['/readiness', {}, 200],
    ['/readiness?probe=1', {}, 200],
    ['/readiness', failing, 503],
    ['/readiness', { isDraining: () => true }, 503],
    ['/readiness', { readiness: () => Promise.reject(new Error('x')) }, 503],
    ['/metrics', {}, 404],
    ['/', {}, 404],
    ['/constructor', {}, 404],
  ])('%s with %j is answered %i', async (path, options, status) => {
    expect((await ask(path, options)).status).toBe(status);
  });

  it('says what is missing', async () => {
    const answer = await ask('/readiness', failing);
    expect(JSON.parse(answer.text)).toEqual({ status: 'failed', draining: false, checks });
  });
});
