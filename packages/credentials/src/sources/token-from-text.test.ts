import { describe, expect, it } from 'vitest';
import { CredentialError } from '../errors.ts';
import { unsignedJwt } from './source-dependencies.testing.ts';
import { tokenFromText } from './token-from-text.ts';

const now = Date.UTC(2030, 0, 1, 12);
const seconds = now / 1_000;
const minute = 60_000;
const read = (text: string, expiresAt?: number) =>
  tokenFromText({ text, expiresAt, from: '/run/token', hint: 'Do something.' }, now);

describe('a token that was found', () => {
  it('is taken without blanks around it, or the mark that Windows puts in front', () => {
    expect(read('\ufeff  opaque-token\r\n').token).toBe('opaque-token');
  });

  it('tells what its claims tell', () => {
    const claims = { iss: 'https://login.example', sub: 'u-1', email: 'a@x.example', name: 'A', groups: ['g'] };
    const { identity } = read(unsignedJwt({ ...claims, exp: seconds + 600 }));
    const [issuer, subject, email, name] = [claims.iss, claims.sub, claims.email, claims.name];
    expect(identity).toEqual({ issuer, subject, email, name, claims: { ...claims, exp: seconds + 600 } });
  });

  it('tells nothing when it is opaque, and is then used for five minutes', () => {
    expect(read('opaque')).toEqual({ token: 'opaque', expiresAt: now + 5 * minute, identity: { claims: {} } });
  });

  it.each([
    ['as it was said', 'opaque', now + minute, now + minute],
    ['as its "exp" says', unsignedJwt({ exp: seconds + 600 }), undefined, now + 600_000],
    [
      'as its "exp" says although it was said later',
      unsignedJwt({ exp: seconds + 600 }),
      now + 3_600_000,
      now + 600_000,
    ],
    ['as it was said although its "exp" is later', unsignedJwt({ exp: seconds + 600 }), now + minute, now + minute],
    ['soon when its "exp" is nonsense', unsignedJwt({ exp: 'tomorrow' }), undefined, now + 5 * minute],
    ['soon when its "exp" is no time', unsignedJwt({ exp: 1e300 }), undefined, now + 5 * minute],
  ])('ends %s', (_, text, told, expiresAt) => {
    expect(read(text, told).expiresAt).toBe(expiresAt);
  });
});

describe('what is no token', () => {
  it.each([
    ['nothing', '', /\/run\/token is empty/],
    ['blanks', ' \n\t', /is empty/],
    ['two lines', 'canary-a\ncanary-b', /has 2 lines/],
    ['a sentence', 'canary of a', /has blanks or characters in it/],
    ['a control character', 'canary\u0007', /has blanks or characters in it/],
    ['a letter that no token has', 'canarü', /has blanks or characters in it/],
    ['one that has expired', unsignedJwt({ exp: seconds - 60, sub: 'canary' }), /expired at 2030-01-01T11:59:00/],
    ['one that expires this moment', unsignedJwt({ exp: seconds }), /expired at/],
  ])('%s is refused, and not repeated', (_, text, message) => {
    const refuse = () => read(text);
    expect(refuse).toThrow(CredentialError);
    expect(refuse).toThrow(
      expect.objectContaining({
        code: 'ERR_SOURCE_FAILED',
        message: expect.stringMatching(message),
        hint: 'Do something.',
      }),
    );
    expect(refuse).toThrow(expect.objectContaining({ message: expect.not.stringContaining('canar') }));
  });
});
