import { UpstreamError } from '@gprxy/proxy-core';
import { describe, expect, it } from 'vitest';
import { withoutQuotes } from './without-quotes.ts';

const user = 'app_reader_of_sales';
const token = `db.example:5432/?Action=connect&DBUser=${user}&X-Amz-Signature=c0ffee1234567890c0ffee`;
const refusal = (message: string) => {
  const response = { severity: 'FATAL', code: '28000', message };
  return withoutQuotes(new UpstreamError(`refused: ${message}`, { response }), token, user) as UpstreamError;
};

describe('the refusal of an upstream', () => {
  it('names the user although the token does, too', () => {
    const message = `PAM authentication failed for user "${user}"`;
    expect(refusal(message)).toMatchObject({ message: `refused: ${message}`, response: { message } });
  });

  it.each([token, `${user} with c0ffee1234567890c0ffee`])('S18 does not quote the token: %s', (said) => {
    const { message, response } = refusal(`no such token: ${said}`);
    expect(`${message} ${response?.message}`).not.toContain('c0ffee');
  });

  it('S18 quotes it in no other field, be it one of a later protocol, nor in what it said of the token before', () => {
    const quoted = `no such token: ${token}`;
    const fields = {
      severity: 'FATAL',
      message: 'no',
      detail: quoted,
      where: quoted,
      unknown: new Map([['z', quoted]]),
    };
    const challenge = { status: 'invalid_token', scope: quoted };
    const error = withoutQuotes(new UpstreamError('no', { response: fields, challenge }), token, user) as UpstreamError;
    const { detail, where, unknown } = error.response ?? {};
    expect([detail, where, unknown?.get('z')]).toEqual(Array(3).fill(expect.stringContaining('withheld')));
    expect(error.challenge).toBeUndefined();
  });

  it('keeps what it said of the token where that does not quote it', () => {
    const challenge = { status: 'invalid_token' };
    const error = new UpstreamError('no', { response: { severity: 'FATAL', message: 'no' }, challenge });
    expect(withoutQuotes(error, token, user)).toMatchObject({ challenge });
  });

  it('stays as it is when it is something else', () => {
    const error = new Error(token);
    expect(withoutQuotes(error, token, user)).toBe(error);
  });
});
