import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CredentialError } from '../errors.ts';
import { defaultRedirectUri, redirectAddress } from './redirect-address.ts';

describe('the address that the browser comes back to', () => {
  it.each([
    [defaultRedirectUri, { host: '127.0.0.1', listenAt: ['127.0.0.1'], port: 0, path: '/callback' }],
    ['http://localhost', { host: 'localhost', listenAt: ['127.0.0.1', '::1'], port: 0, path: '/' }],
    ['http://LOCALHOST:15433/a/b', { host: 'localhost', listenAt: ['127.0.0.1', '::1'], port: 15433, path: '/a/b' }],
    ['http://[::1]:8080/', { host: '[::1]', listenAt: ['::1'], port: 8080, path: '/' }],
  ])('is understood: %s', (uri, address) => {
    expect(redirectAddress(uri)).toEqual(address);
  });

  const pieces = fc.constantFrom(
    ...[
      'http://',
      'https://',
      'javascript:',
      '127.0.0.1',
      'localhost',
      '[::1]',
      '0.0.0.0',
      'evil.example',
      '@',
      ':80',
      ':0',
    ],
    ...['.', '/', '//', '\\', '?x', '#y', ' ', '\n', '%2f', '\u0000', 'ⓛocalhost', '127.1', '2130706433'],
  );
  const addresses = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 6 }).map((parts) => parts.join('')),
  );

  it('is never another machine, whatever it is made of', () => {
    fc.assert(
      fc.property(addresses, (uri) => {
        try {
          const { host, listenAt, path } = redirectAddress(uri);
          expect(['127.0.0.1', 'localhost', '[::1]']).toContain(host);
          for (const address of listenAt) expect(['127.0.0.1', '::1']).toContain(address);
          expect(path).toMatch(/^\/[^?#\s]*$/);
        } catch (error) {
          if (!(error instanceof CredentialError)) throw error;
          expect(error.code).toBe('ERR_SOURCE_FAILED');
        }
      }),
      { numRuns: 5_000 },
    );
  });
});
