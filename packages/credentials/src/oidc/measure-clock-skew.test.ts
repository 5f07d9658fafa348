import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { startOidcProvider } from '@gprxy/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { failureOf, neverAborts, testDependencies } from '../dependencies.testing.ts';
import { measureClockSkew } from './measure-clock-skew.ts';

const minute = 60_000;

/** A server that answers with these headers, whatever is asked. */
async function startClock(headers: Record<string, string>, status = 200): Promise<string> {
  const server = http.createServer((_request, response) => {
    response.sendDate = false;
    response.writeHead(status, headers).end('no JSON at all');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('the clock skew', () => {
  it.each([0, 5 * minute, -5 * minute, 26 * 60 * minute])(
    'is told within its accuracy for a clock %s ms off',
    async (offMs) => {
      await using provider = await startOidcProvider();
      const deps = testDependencies({ now: () => Date.now() + offMs });
      const { skewMs, accuracyMs } = await measureClockSkew(provider.issuer, deps, neverAborts);
      expect(Math.abs(skewMs - offMs)).toBeLessThanOrEqual(accuracyMs);
      expect(accuracyMs).toBeLessThan(minute / 2);
    },
  );

  it('takes any answer that has a date, and the age of one from a cache', async () => {
    const now = Date.UTC(2030, 0, 1, 12);
    const issuer = await startClock({ date: 'Tue, 01 Jan 2030 11:00:00 GMT', age: '3600' }, 404);
    const deps = testDependencies({ now: () => now });
    expect(await measureClockSkew(`${issuer}/realm/`, deps, neverAborts)).toEqual({ skewMs: -500, accuracyMs: 500 });
    expect(deps.sent).toMatchObject([{ path: '/realm/.well-known/openid-configuration' }]);
  });

  it('is not invented where the answer has no date', async () => {
    const issuer = await startClock({ date: 'yesterday' });
    const error = await failureOf(measureClockSkew(issuer, testDependencies(), neverAborts));
    expect(error).toMatchObject({ code: 'ERR_PROVIDER_REFUSED', hint: expect.stringContaining('date -u') });
  });

  it('cannot be told of a provider that is not there, or is not to be asked in clear', async () => {
    const gone = failureOf(measureClockSkew('http://127.0.0.1:1', testDependencies(), neverAborts));
    expect(await gone).toMatchObject({ code: 'ERR_PROVIDER_UNREACHABLE' });
    const clear = failureOf(measureClockSkew('http://login.corp.example', testDependencies(), neverAborts));
    expect(await clear).toMatchObject({ code: 'ERR_PROVIDER_REFUSED' });
    const stopped = failureOf(measureClockSkew('http://127.0.0.1:1', testDependencies(), AbortSignal.abort()));
    expect(await stopped).toMatchObject({ code: 'ERR_ABORTED' });
  });
});
