import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyBytes, expectNoOtherError } from '../arbitraries.testing.ts';
import { ProtocolError } from '../errors.ts';
import {
  encodeOAuthBearerAbort,
  encodeOAuthBearerInitialResponse,
  parseOAuthBearerError,
} from './oauthbearer-client.ts';

describe('S29 encodeOAuthBearerInitialResponse', () => {
  it('writes the bytes that libpq 18 writes', () => {
    expect(encodeOAuthBearerInitialResponse('abc.def')).toEqual(Buffer.from('n,,\x01auth=Bearer abc.def\x01\x01'));
  });

  it('asks for discovery without a token', () => {
    expect(encodeOAuthBearerInitialResponse('')).toEqual(Buffer.from('n,,\x01auth=\x01\x01'));
  });

  it.each(['a b', 'a\x01auth=Bearer b', 'a=b', 'ä', 'a\n', ' a', '='])(
    'S18 refuses the token %j, which no server would take, without showing it',
    (token) => {
      expect(() => encodeOAuthBearerInitialResponse(token)).toThrow(
        expect.objectContaining({
          code: 'ERR_TOKEN_FORMAT',
          message: 'the access token has characters that a bearer token cannot have (RFC 6750 section 2.1)',
        }),
      );
    },
  );
});

it('S29 encodeOAuthBearerAbort acknowledges a refusal with one 0x01', () => {
  expect(encodeOAuthBearerAbort()).toEqual(Buffer.of(1));
});

describe('S29 parseOAuthBearerError', () => {
  const parse = (json: string) => parseOAuthBearerError(Buffer.from(json));

  it('reads what PostgreSQL 18 sends', () => {
    const json =
      '{ "status": "invalid_token", "openid-configuration": "https://i.example/.well-known/openid-configuration", "scope": "openid" }';
    expect(parse(json)).toEqual({
      status: 'invalid_token',
      openidConfiguration: 'https://i.example/.well-known/openid-configuration',
      scope: 'openid',
    });
  });

  it('reads an error that says no more than its status, and passes over what it does not know', () => {
    expect(parse('{"status":"insufficient_scope","x":{"y":[1]},"__proto__":"z"}')).toEqual({
      status: 'insufficient_scope',
    });
  });

  it.each([
    ['nothing', ''],
    ['no JSON', 'invalid_token'],
    ['JSON behind which something stands', '{"status":"x"}\0'],
    ['a string', '"invalid_token"'],
    ['a list', '["status"]'],
    ['null', 'null'],
    ['no status', '{"scope":"openid"}'],
    ['a status that is no string', '{"status":401}'],
    ['a status of null', '{"status":null}'],
    ['a scope that is no string', '{"status":"invalid_token","scope":["openid"]}'],
    ['a discovery URL that is no string', '{"status":"invalid_token","openid-configuration":{}}'],
  ])('refuses %s', (_, json) => {
    expect(() => parse(json)).toThrow(ProtocolError);
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(() => parseOAuthBearerError(Buffer.from('{"status":"\xe4"}', 'latin1'))).toThrow('it is not UTF-8');
  });

  it('survives JSON that is nested a million levels deep', () => {
    expectNoOtherError(() => parse('['.repeat(1_000_000)));
    expectNoOtherError(() => parse(`{"status":"x","y":${'['.repeat(500_000)}${']'.repeat(500_000)}}`));
  });

  it('S25 answers arbitrary bytes with an error that it read, or a ProtocolError', () => {
    const json = fc.json().map((text) => Buffer.from(text));
    fc.assert(fc.property(fc.oneof(anyBytes, json), (bytes) => expectNoOtherError(() => parseOAuthBearerError(bytes))));
  });
});
