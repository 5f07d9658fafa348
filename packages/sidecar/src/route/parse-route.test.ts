import { describe, expect, it } from 'vitest';
import { parseRoute } from './route.ts';

describe('"via" of a profile', () => {
  it.each([
    ['http://proxy.corp.example:3128', { kind: 'http', hop: { host: 'proxy.corp.example', port: 3128 } }],
    ['https://proxy.corp.example/', { kind: 'https', hop: { host: 'proxy.corp.example', port: 443 } }],
    ['http://al%40corp@[::1]', { kind: 'http', hop: { host: '::1', port: 80, user: 'al@corp' } }],
    ['socks5://127.0.0.1', { kind: 'socks5', hop: { host: '127.0.0.1', port: 1080 } }],
    ['ssh://me@jump.example:2222', { kind: 'ssh', hop: { host: 'jump.example', port: 2222, user: 'me' } }],
    ['ssh://jump.example', { kind: 'ssh', hop: { host: 'jump.example', port: 22 } }],
  ])('reads %s', (text, expected) => {
    expect(parseRoute(text)).toEqual(expected);
  });

  it.each(['', 'proxy:3128', 'ftp://proxy', 'socks4://proxy', 'http://', 'http://a/b', 'ssh://a?b', 'http://a:x'])(
    'refuses %j',
    (text) => {
      expect(() => parseRoute(text)).toThrow(expect.objectContaining({ code: 'ERR_ROUTE' }));
    },
  );

  it('S18 takes no password, and does not repeat it', () => {
    const refused = expect.objectContaining({ message: '"via" cannot be used: it holds a password' });
    expect(() => parseRoute('http://alice:wonderland@proxy')).toThrow(refused);
  });
});
