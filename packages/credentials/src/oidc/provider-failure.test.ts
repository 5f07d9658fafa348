import { describe, expect, it } from 'vitest';
import { providerFailure } from './provider-failure.ts';

const kinds: [string, unknown, ReturnType<typeof providerFailure>['kind']][] = [
  ['a refused connection', fetchFailed(system('ECONNREFUSED', 'connect ECONNREFUSED 192.0.2.1:443')), 'unreachable'],
  ['a name that does not resolve', fetchFailed(system('ENOTFOUND', 'getaddrinfo ENOTFOUND idp')), 'unreachable'],
  ['an unknown authority', fetchFailed(system('SELF_SIGNED_CERT_IN_CHAIN', 'self-signed')), 'unreachable'],
  ['a certificate for another host', fetchFailed(system('ERR_TLS_CERT_ALTNAME_INVALID', 'no match')), 'unreachable'],
  ['a connection that broke in the body', library('OAUTH_PARSE_ERROR', new TypeError('terminated')), 'unreachable'],
  ['a time limit', library('OAUTH_TIMEOUT'), 'unreachable'],
  ['502 with HTML', library('OAUTH_RESPONSE_IS_NOT_JSON', new Response('<html>', { status: 502 })), 'unreachable'],
  ['server_error', bodyError(400, 'server_error'), 'unreachable'],
  ['500 with an OAuth error', bodyError(500, 'invalid_grant'), 'unreachable'],
  ['invalid_grant', bodyError(400, 'invalid_grant'), 'oauth-error'],
  ['a challenge', challenge({ error: 'invalid_client' }), 'oauth-error'],
  ['a challenge without a reason', challenge({}), 'oauth-error'],
  ['404', library('OAUTH_RESPONSE_IS_NOT_CONFORM', new Response('', { status: 404 })), 'unusable'],
  [
    'an option that the library refuses',
    Object.assign(new TypeError('"x" must be'), { code: 'ERR_INVALID_ARG_TYPE' }),
    'unusable',
  ],
  ['a claim that does not fit', library('OAUTH_JWT_CLAIM_COMPARISON_FAILED'), 'unusable'],
  ['nothing at all', undefined, 'unusable'],
  ['something thrown that is no error', 'text', 'unusable'],
];

describe('what became of a request', () => {
  it.each(kinds)('%s', (_, error, kind) => {
    expect(providerFailure(error, []).kind).toBe(kind);
  });

  it("keeps the provider's words, on one line that cannot steer a terminal", () => {
    const failure = providerFailure(bodyError(400, 'invalid_grant', 'grant\n\u001b[31mexpired\u0007'), []);
    expect(failure).toEqual({ kind: 'oauth-error', error: 'invalid_grant', description: 'grant [31mexpired' });
  });

  it('drops secrets that the provider quotes, known or merely long', () => {
    const secret = 'short-one';
    const jwt = `ey${'J'.repeat(40)}.ey${'J'.repeat(40)}.sig`;
    const failure = providerFailure(bodyError(400, 'invalid_grant', `no ${secret}, no ${jwt}`), [secret]);
    expect(failure).toMatchObject({ description: 'no [redacted], no [redacted]' });
    expect(providerFailure(bodyError(400, secret), [secret])).toMatchObject({ error: '[redacted]' });
    expect(providerFailure(bodyError(400, 'no such\nthing'), [])).toMatchObject({ error: 'unnamed_error' });
  });

  it('does not repeat what a parser chokes on', () => {
    const parse = new SyntaxError('Unexpected token c, "canary" is not valid JSON');
    const failure = providerFailure(library('OAUTH_PARSE_ERROR', parse), []);
    expect(JSON.stringify(failure)).not.toContain('canary');
  });

  it('reads Retry-After in seconds, within reason', () => {
    const busy = (value: string) => library('x', new Response('', { status: 503, headers: { 'retry-after': value } }));
    expect(providerFailure(busy('7'), [])).toMatchObject({ retryAfterMs: 7_000 });
    expect(providerFailure(busy('99999999'), [])).toMatchObject({ retryAfterMs: 3_600_000 });
    expect(providerFailure(busy('tomorrow'), [])).not.toHaveProperty('retryAfterMs');
  });
});

function challenge(parameters: object): Error {
  const cause = [{ scheme: 'basic', parameters }];
  return Object.assign(new Error('challenge'), { name: 'WWWAuthenticateChallengeError', status: 401, cause });
}

function system(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

function fetchFailed(cause: Error): Error {
  return new TypeError('fetch failed', { cause });
}

function library(code: string, cause?: unknown): Error {
  return Object.assign(new Error('of the library', { cause }), { name: 'ClientError', code });
}

function bodyError(status: number, error: string, error_description?: string): Error {
  return Object.assign(new Error('server responded with an error'), { status, error, error_description });
}
