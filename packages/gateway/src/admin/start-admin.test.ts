import { describe, expect, it } from 'vitest';
import { type AdminOptions, startAdmin } from './start-admin.ts';

async function ask(path: string, options: Partial<AdminOptions> = {}, init: RequestInit = {}) {
  const admin = await startAdmin({
    address: { host: '127.0.0.1', port: 0 },
    startup: () => true,
    readiness: async () => [{ name: 'database sales', ok: true }],
    isDraining: () => false,
    ...options,
  });
  try {
    const response = await fetch(`http://127.0.0.1:${admin.address.port}${path}`, init);
    return { status: response.status, body: await response.json() };
  } finally {
    await admin.close();
  }
}

const failing = { readiness: async () => [{ name: 'database sales', ok: false, message: 'ECONNREFUSED' }] };

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
  ])('%s with %j is answered %i', async (path, options, status) => {
    expect((await ask(path, options)).status).toBe(status);
  });

  it('says what is missing', async () => {
    expect((await ask('/readiness', failing)).body).toEqual({
      status: 'failed',
      draining: false,
      checks: [{ name: 'database sales', ok: false, message: 'ECONNREFUSED' }],
    });
  });

  it('changes nothing', async () => {
    expect((await ask('/readiness', {}, { method: 'POST' })).status).toBe(405);
  });
});
