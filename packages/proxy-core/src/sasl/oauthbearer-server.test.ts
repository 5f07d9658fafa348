import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyBytes, expectNoOtherError } from '../arbitraries.testing.ts';
import { decodeAuthentication, encodeAuthenticationSASLContinue } from '../wire/authentication-messages.ts';
import { bodyOf } from '../wire/byte-builder.testing.ts';
import { encodeOAuthBearerInitialResponse, parseOAuthBearerError } from './oauthbearer-client.ts';
import { encodeOAuthBearerChallenge, parseOAuthBearerInitialResponse } from './oauthbearer-server.ts';

const parse = (message: string) => parseOAuthBearerInitialResponse(Buffer.from(message, 'latin1'));

// Vectors: what PostgreSQL 18's auth-oauth.c does with these bytes.
describe('S29 parseOAuthBearerInitialResponse', () => {
  it.each([
    ['the usual response', 'n,,\x01auth=Bearer abc.DEF-1_2~3+4/5==\x01\x01', 'abc.DEF-1_2~3+4/5=='],
    ['the flag of a client that could bind', 'y,,\x01auth=Bearer abc\x01\x01', 'abc'],
    ['the scheme in any case', 'n,,\x01auth=bEARER abc\x01\x01', 'abc'],
    ['several spaces behind the scheme', 'n,,\x01auth=Bearer    abc\x01\x01', 'abc'],
    ['host and port', 'n,,\x01host=db.example\x01port=5432\x01auth=Bearer abc\x01\x01', 'abc'],
    ['keys that nobody knows', 'n,,\x01x=1\x01auth=Bearer abc\x01AUTH=2\x01\x01', 'abc'],
    ['white space in other values', 'n,,\x01x= \t\r\n=\x01auth=Bearer abc\x01\x01', 'abc'],
  ])('accepts %s', (_, message, token) => {
    expect(parse(message)).toEqual({ token });
  });

  it('accepts a token of 60,000 characters', () => {
    const token = 'x'.repeat(60_000);
    expect(parse(`n,,\x01auth=Bearer ${token}\x01\x01`)).toEqual({ token });
  });

  it('reads an empty auth value as discovery', () => {
    expect(parse('n,,\x01auth=\x01\x01')).toEqual({ token: '' });
  });

  it.each([
    ['another scheme', 'Basic YTpi', 'it is of another scheme than Bearer'],
    ['no space behind the scheme', 'Bearer', 'it is of another scheme than Bearer'],
    ['a tab behind the scheme', 'Bearer\tabc', 'it is of another scheme than Bearer'],
    ['no token', 'Bearer ', 'the bearer token is empty'],
    ['only spaces', 'Bearer   ', 'the bearer token is empty'],
    ['a space in the token', 'Bearer a b', 'the bearer token has invalid characters'],
    ['a space behind the token', 'Bearer a ', 'the bearer token has invalid characters'],
    ['padding in the token', 'Bearer a=b', 'the bearer token has invalid characters'],
    ['a quoted token', 'Bearer "a"', 'the bearer token has invalid characters'],
  ])('gives %s no token, so that it gets the challenge', (_, auth, problem) => {
    expect(parse(`n,,\x01auth=${auth}\x01\x01`)).toEqual({ token: '', problem });
  });

  it.each([
    ['', 'The message is empty.'],
    ['n,,\x01auth=Bearer a\x01\x01\0', 'Message length does not match input length.'],
    [
      'p=tls-server-end-point,,\x01auth=Bearer a\x01\x01',
      'The server does not support channel binding for OAuth, but the client message includes channel binding data.',
    ],
    ['x,,\x01auth=Bearer a\x01\x01', `Unexpected channel-binding flag "'x'".`],
    ['\x01', 'Unexpected channel-binding flag "0x01".'],
    ['\xff', 'Unexpected channel-binding flag "0xff".'],
    ['n', 'Comma expected, but found character "0x00".'],
    ['n;', `Comma expected, but found character "';'".`],
    ['y ,', 'Comma expected, but found character "0x20".'],
    ['n,x', `Unexpected attribute "'x'" in client-first-message.`],
    ['n,', 'Unexpected attribute "0x00" in client-first-message.'],
    ['n,,', 'Key-value separator expected, but found character "0x00".'],
    ['n,,auth=Bearer a\x01\x01', `Key-value separator expected, but found character "'a'".`],
    ['n,,\x01', 'Message did not contain a final terminator.'],
    ['n,,\x01auth=Bearer a\x01', 'Message did not contain a final terminator.'],
    ['n,,\x01auth=Bearer a', 'Message contains an unterminated key/value pair.'],
    ['n,,\x01\x01', 'Message does not contain an auth value.'],
    ['n,,\x01Auth=Bearer a\x01\x01', 'Message does not contain an auth value.'],
    ['n,,\x01\x01auth=Bearer a\x01\x01', 'Message does not contain an auth value.'],
    ['n,,\x01auth\x01\x01', 'Message contains a key without a value.'],
    ['n,,\x01=Bearer a\x01\x01', 'Message contains an empty key name.'],
    ['n,,\x01a1=x\x01auth=Bearer a\x01\x01', 'Message contains an invalid key name.'],
    ['n,,\x01auth =Bearer a\x01\x01', 'Message contains an invalid key name.'],
    ['n,,\x01auth=Bearer \xe4\x01\x01', 'Message contains an invalid value.'],
    ['n,,\x01auth=Bearer a\x7f\x01\x01', 'Message contains an invalid value.'],
    ['n,,\x01x=\x02\x01auth=Bearer a\x01\x01', 'Message contains an invalid value.'],
    ['n,,\x01auth=Bearer a\x01auth=Bearer b\x01\x01', 'Message contains multiple auth values.'],
    ['n,,\x01auth=\x01auth=\x01\x01', 'Message contains multiple auth values.'],
    ['n,,\x01auth=Bearer a\x01\x01\x01', 'Message contains additional data after the final terminator.'],
    ['n,,\x01auth=Bearer a\x01\x01x', 'Message contains additional data after the final terminator.'],
  ])('refuses %j', (message, detail) => {
    expect(() => parse(message)).toThrow(
      expect.objectContaining({ sqlState: '08P01', message: 'malformed OAUTHBEARER message', detail }),
    );
  });

  it('refuses an authorization identity as not supported', () => {
    expect(() => parse('n,a=admin,\x01auth=Bearer a\x01\x01')).toThrow(
      expect.objectContaining({
        sqlState: '0A000',
        message: 'client uses authorization identity, but it is not supported',
      }),
    );
  });

  it('S18 shows nothing of the token in an error', () => {
    for (const message of [
      'n,,\x01auth=Bearer canary',
      'n,,\x01canary\x01\x01',
      'n,,\x01auth=Bearer canary\xe4\x01\x01',
    ]) {
      expect(() => parse(message)).toThrow(
        expect.objectContaining({
          message: expect.not.stringContaining('canary'),
          detail: expect.not.stringContaining('canary'),
        }),
      );
    }
    expect(JSON.stringify(parse('n,,\x01auth=Basic canary\x01\x01'))).not.toContain('canary');
  });

  it('reads every token that our own client sends', () => {
    const alphabet = 'ABCXYZabcxyz0189-._~+/';
    const token = fc
      .tuple(fc.string({ unit: fc.constantFrom(...alphabet), minLength: 1 }), fc.constantFrom('', '=', '=='))
      .map(([characters, padding]) => characters + padding);
    fc.assert(
      fc.property(token, (text) => {
        expect(parseOAuthBearerInitialResponse(encodeOAuthBearerInitialResponse(text))).toEqual({ token: text });
      }),
    );
  });

  it('S25 answers arbitrary bytes with a token or a ProtocolError', () => {
    const prefixed = anyBytes.map((bytes) => Buffer.concat([Buffer.from('n,,\x01auth='), bytes]));
    fc.assert(
      fc.property(fc.oneof(anyBytes, prefixed), (bytes) =>
        expectNoOtherError(() => parseOAuthBearerInitialResponse(bytes)),
      ),
    );
  });
});

describe('S29 encodeOAuthBearerChallenge', () => {
  const challenge = {
    openidConfiguration: 'https://login.corp.example/.well-known/openid-configuration',
    scope: 'openid "x"',
  };

  it('writes the bytes that PostgreSQL 18 writes', () => {
    expect(encodeOAuthBearerChallenge(challenge).toString()).toBe(
      '{ "status": "invalid_token", ' +
        '"openid-configuration": "https://login.corp.example/.well-known/openid-configuration", ' +
        '"scope": "openid \\"x\\"" }',
    );
  });

  it('is understood by our own client, through the wire', () => {
    const message = encodeAuthenticationSASLContinue(encodeOAuthBearerChallenge(challenge));
    const request = decodeAuthentication(bodyOf(message));
    if (request.kind !== 'SASLContinue') throw new Error(request.kind);
    expect(parseOAuthBearerError(request.data)).toEqual({ status: 'invalid_token', ...challenge });
  });

  it('cannot be sent when it is longer than libpq reads', () => {
    const data = encodeOAuthBearerChallenge({ ...challenge, scope: 'x'.repeat(2_000) });
    expect(() => encodeAuthenticationSASLContinue(data)).toThrow('longer than libpq accepts');
  });
});
