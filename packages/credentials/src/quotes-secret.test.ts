import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quotesSecret } from './quotes-secret.ts';
import { redact } from './redact.ts';

const secret = 'rt.7fQ2-xJ9_kL0vBn4ZpWm';
const characters = [...secret];
const coded = (write: (code: number) => string) => characters.map((c) => write(c.charCodeAt(0))).join('');

describe('S18 a secret is found', () => {
  it.each([
    ['as it is', secret],
    ['in part', secret.slice(4, 18)],
    ['percent-encoded', coded((code) => `%${code.toString(16)}`)],
    ['as JSON escapes', coded((code) => `\\u${code.toString(16).padStart(4, '0')}`)],
    ['as \\x escapes', coded((code) => `\\x${code.toString(16)}`)],
    ['as HTML entities', coded((code) => `&#${code};`)],
    ['as hexadecimal HTML entities', coded((code) => `&#x${code.toString(16)};`)],
    ['in base64', Buffer.from(secret).toString('base64')],
    ['in base64 behind one byte', Buffer.from(`x${secret}`).toString('base64')],
    ['in base64url behind two bytes', Buffer.from(`xy${secret}zz`).toString('base64url')],
    ['in hex', Buffer.from(secret).toString('hex').toUpperCase()],
    ['with blanks', characters.join(' ')],
    ['with line breaks', characters.join('\r\n')],
    ['with zero-width spaces', characters.join('\u200b')],
    ['backwards', characters.toReversed().join('')],
    ['in capitals', secret.toUpperCase()],
  ])('%s', (_, text) => {
    expect(quotesSecret(`the token ${text} is revoked`, [secret])).toBe(true);
    expect(redact(`the token ${text} is revoked`, [secret])).toMatch(
      /^(the token \[redacted\] is revoked|\[redacted\])$/,
    );
  });

  it('not where there is none', () => {
    for (const text of ['', 'the refresh token has expired', 'AADSTS700082: expired due to inactivity', '%%&#;\\u'])
      expect(quotesSecret(text, [secret, ''])).toBe(false);
    expect(quotesSecret('the kind of a token', ['a', 'kind', 'token'])).toBe(false);
    expect(redact('the refresh token has expired', [secret])).toBe('the refresh token has expired');
  });

  it('wherever it stands in whatever', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => quotesSecret(before + secret + after, [secret])),
    );
  });
});
