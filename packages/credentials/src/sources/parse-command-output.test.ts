import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CredentialError } from '../errors.ts';
import { parseCommandOutput } from './parse-command-output.ts';

const now = Date.UTC(2030, 0, 1, 12);
const at = '2030-01-01T13:00:00Z';
const anHour = now + 3_600_000;
const parse = (output: unknown) =>
  parseCommandOutput(typeof output === 'string' ? output : JSON.stringify(output), 'the command "x"', now);
const kubernetes = (status: unknown, version = 'v1') => ({
  apiVersion: `client.authentication.k8s.io/${version}`,
  kind: 'ExecCredential',
  status,
});

describe('the output of a command', () => {
  it.each([
    ['plain text', 'a-token\n', { text: 'a-token' }],
    ['plain text of Windows', '\ufeffa-token\r\n', { text: 'a-token' }],
    ["kubectl's v1", kubernetes({ token: 't', expirationTimestamp: at }), { text: 't', expiresAt: anHour }],
    [
      "kubectl's v1beta1",
      kubernetes({ token: 't', expirationTimestamp: at }, 'v1beta1'),
      { text: 't', expiresAt: anHour },
    ],
    ["kubectl's without an expiry", kubernetes({ token: 't' }), { text: 't' }],
    ["kubectl's with an empty expiry", kubernetes({ token: 't', expirationTimestamp: null }), { text: 't' }],
    [
      'nanoseconds, as Go writes them',
      kubernetes({ token: 't', expirationTimestamp: '2030-01-01T13:00:00.000000001Z' }),
      { text: 't', expiresAt: anHour },
    ],
    [
      'a time in another zone',
      { token: 't', expires_at: '2030-01-01T14:00:00+01:00' },
      { text: 't', expiresAt: anHour },
    ],
    ['seconds since 1970', { token: 't', expiresAt: anHour / 1_000 }, { text: 't', expiresAt: anHour }],
    ['milliseconds since 1970', { token: 't', expiresAt: anHour }, { text: 't', expiresAt: anHour }],
    [
      'a token response',
      { access_token: 't', expires_in: 3_600, token_type: 'Bearer' },
      { text: 't', expiresAt: anHour },
    ],
    ['a life as text', { token: 't', expiresIn: '3600' }, { text: 't', expiresAt: anHour }],
    [
      'what az prints',
      { accessToken: 't', expiresOn: '2030-01-01 10:00:00.000000', expires_on: anHour / 1_000 },
      { text: 't', expiresAt: anHour },
    ],
    ['JSON that tells no expiry', { token: 't' }, { text: 't' }],
    ['JSON over many lines', '{\n  "token": "t"\n}\n', { text: 't' }],
  ])('may be %s', (_, output, expected) => {
    expect(parse(output)).toEqual(expected);
  });

  it.each([
    ['half an object', '{"token": "canary', /neither a token nor valid JSON/],
    ['another version', kubernetes({ token: 'canary' }, 'v1alpha1'), /not v1 or v1beta1/],
    ['no status', kubernetes(undefined), /ExecCredential without a token/],
    ['an empty token', kubernetes({ token: '' }), /without a token/],
    ['a token of another type', { token: { canary: 1 } }, /JSON without a "token"/],
    ['a certificate', kubernetes({ clientCertificateData: 'canary' }), /with a certificate but without a token/],
    ['JSON about something else', { error: 'canary' }, /JSON without a "token"/],
    ['an odd time', kubernetes({ token: 'canary', expirationTimestamp: 'canary' }), /an expiry that is no time/],
    ['a time of another type', { token: 'canary', expires_at: { canary: 1 } }, /an expiry that is no time/],
    ['an odd life', { token: 'canary', expires_in: 'canary' }, /an expiry that is no time/],
    ['an endless life', { token: 'canary', expires_in: 1e300 }, /an expiry that is no time/],
  ])('is refused as %s, and not repeated', (_, output, message) => {
    expect(() => parse(output)).toThrow(
      expect.objectContaining({ code: 'ERR_SOURCE_FAILED', message: expect.stringMatching(message) }),
    );
    expect(() => parse(output)).toThrow(expect.objectContaining({ message: expect.not.stringContaining('canary') }));
  });

  it('is either a token or an error of ours, whatever it is', () => {
    const keys = ['token', 'access_token', 'expires_at', 'expires_in', 'apiVersion', 'kind', 'status'];
    const objects = fc.dictionary(fc.constantFrom(...keys), fc.anything());
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `{${text}`),
          objects,
        ),
        (output) => {
          try {
            const printed = parse(output);
            expect(typeof printed.text).toBe('string');
            if (printed.expiresAt !== undefined) expect(new Date(printed.expiresAt).toISOString()).toBeDefined();
          } catch (error) {
            expect(error).toBeInstanceOf(CredentialError);
          }
        },
      ),
    );
  });
});
