import type { UpstreamTarget } from '@gprxy/proxy-core';
import { describe, expect, it } from 'vitest';
import type { KeysState } from '../jwks/issuer-keys.ts';
import { createReadiness, type ReadinessOptions } from './readiness.ts';

const target: UpstreamTarget = {
  host: '127.0.0.1',
  port: 1,
  tls: { mode: 'verify-full', negotiation: 'postgres' },
  connectTimeoutMs: 5_000,
};
const targets = (...names: string[]) => new Map(names.map((name) => [name, { ...target, host: name }]));
const keys = (issuer: string, count: number): KeysState => ({ issuer, keys: count });

function readiness(options: Partial<ReadinessOptions>) {
  return createReadiness({
    keyStates: () => [keys('https://a', 2)],
    databases: targets('sales'),
    audit: { lastError: undefined },
    now: () => 0,
    reach: async () => {},
    ...options,
  });
}
const reachOnly = (reachable: string) => async (server: UpstreamTarget) => {
  if (server.host !== reachable) throw new Error('ECONNREFUSED');
};

describe('the gateway is ready when somebody could log in', () => {
  it.each<[what: string, options: Partial<ReadinessOptions>, ready: boolean]>([
    ['all is well', {}, true],
    ['no issuer has keys', { keyStates: () => [keys('https://a', 0)] }, false],
    ['one issuer of two has keys', { keyStates: () => [keys('https://a', 0), keys('https://b', 1)] }, true],
    ['no database answers', { reach: reachOnly('none') }, false],
    ['one database of two answers', { databases: targets('sales', 'hr'), reach: reachOnly('hr') }, true],
    ['the audit log fails', { audit: { lastError: 'ENOSPC' } }, false],
    ['the audit log may fail', { audit: undefined }, true],
  ])('%s', async (_what, options, ready) => {
    expect((await readiness(options)()).ready).toBe(ready);
  });

  it('and says what is missing', async () => {
    const options = { databases: targets('sales', 'hr'), reach: reachOnly('hr'), audit: { lastError: 'ENOSPC' } };
    const keyStates = () => [{ ...keys('https://a', 0), lastError: 'ENOTFOUND' }, keys('https://b', 0)];
    expect(await readiness({ ...options, keyStates })()).toEqual({
      ready: false,
      checks: [
        { kind: 'keys', name: 'https://a', ok: false, message: 'ENOTFOUND' },
        { kind: 'keys', name: 'https://b', ok: false, message: 'it publishes none' },
        { kind: 'database', name: 'sales', ok: false, message: 'ECONNREFUSED' },
        { kind: 'database', name: 'hr', ok: true },
        { kind: 'audit', ok: false, message: 'ENOSPC' },
      ],
    });
  });
});

describe('a server', () => {
  it('is asked once in five seconds, however many probes come', async () => {
    let now = 0;
    let asked = 0;
    const reach = async () => void asked++;
    const ask = readiness({ reach, now: () => now });
    await Promise.all([ask(), ask(), ask()]);
    now = 4_999;
    await ask();
    expect(asked).toBe(1);
    now = 5_000;
    await ask();
    expect(asked).toBe(2);
  });

  it('that does not answer keeps nobody waiting', async () => {
    const reach = (_target: UpstreamTarget, signal: AbortSignal) =>
      new Promise<void>((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    const slow = new Map([['sales', { ...target, connectTimeoutMs: 1 }]]);
    expect(await readiness({ databases: slow, reach })()).toMatchObject({ ready: false });
  });

  it('is out of reach where nothing listens', async () => {
    const databases = new Map([['sales', target]]);
    const { ready, checks } = await createReadiness({ keyStates: () => [], databases, now: () => 0 })();
    expect(ready).toBe(false);
    expect(checks).toMatchObject([{ kind: 'database', name: 'sales', ok: false, message: expect.any(String) }]);
  });
});
