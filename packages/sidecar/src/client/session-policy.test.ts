import type { SessionEnd } from '@gprxy/proxy-core';
import { UpstreamError } from '@gprxy/proxy-core';
import { expect, it } from 'vitest';
import { aliceTokens, collectLog, testProfile } from '../config/profile.testing.ts';
import { ListenerActivity } from '../listen/listener-activity.ts';
import type { Log } from '../log/log.ts';
import { noTelemetry } from '../telemetry/connection-observer.ts';
import { toClientError } from './client-errors.ts';
import { createSessionPolicy } from './session-policy.ts';

function policyWith(log: Log) {
  const connector = {
    profile: testProfile(),
    upstream: undefined as never,
    spares: undefined as never,
    tokens: aliceTokens,
    signIn: undefined,
    draining: new AbortController().signal,
    activity: new ListenerActivity('prod', '127.0.0.1:5433'),
  };
  return createSessionPolicy({ connector, authenticateClient: async () => {}, log, telemetry: noTelemetry });
}

/** What is logged of a session that ended with this error. */
function loggedOf(error: unknown): Record<string, unknown> | undefined {
  const { log, lines } = collectLog();
  const { events } = policyWith(log);
  const end = {
    stage: 'upstream',
    peer: {},
    endedBy: 'proxy',
    bytesFromClient: 0,
    bytesFromUpstream: 0,
    durationMs: 1,
  };
  events.end?.({ ...end, error } as SessionEnd<void>);
  return lines[0];
}

it('S26 whoever has begun to speak, and falls silent before it is known who that is, is gone within 10 s', () => {
  expect(policyWith(collectLog().log).authenticationTimeoutMs).toBeLessThan(10_000);
});

it.each([
  ['its message', new Error('connect ECONNREFUSED ::1:1'), 'connect ECONNREFUSED ::1:1'],
  ['its code, where it says nothing', Object.assign(new Error(''), { code: 'EPIPE' }), 'EPIPE'],
  [
    'those of all addresses of a name',
    new AggregateError([new Error('connect ECONNREFUSED ::1:1'), new Error('connect ECONNREFUSED 127.0.0.1:1')]),
    'connect ECONNREFUSED ::1:1; connect ECONNREFUSED 127.0.0.1:1',
  ],
])('the log has the cause of an error: %s', (_, cause, logged) => {
  expect(loggedOf(new UpstreamError('cannot connect', { cause }))).toMatchObject({
    error: 'cannot connect',
    cause: logged,
  });
});

it('the log has no cause that only repeats the error', () => {
  expect(loggedOf(new UpstreamError('gone', { cause: new Error('gone') }))).not.toHaveProperty('cause');
});

it('the log has one line of an upstream that is stopping, and nothing of where in gprxy that was noticed', () => {
  const words = 'gprxy takes no new connections here: it is stopping';
  const response = { severity: 'FATAL', code: '57P03', message: words };
  const message = `the upstream refused the login: ${words}`;
  const refusal = new UpstreamError(message, { code: 'ERR_UPSTREAM_REFUSED', response });
  const logged = loggedOf(toClientError(refusal, testProfile()));
  expect(logged).toMatchObject({ level: 'warn', code: 'ERR_UPSTREAM_REFUSED', sqlState: '57P03', error: message });
  expect(JSON.stringify(logged)).not.toMatch(/stack|\.ts:|cause/);
});
