import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyBytes, anyName, bytesOf, expectNoOtherError } from '../arbitraries.testing.ts';
import { ProtocolError } from '../errors.ts';
import {
  authenticationCleartextPassword,
  authenticationOk,
  decodeAuthentication,
  encodeAuthenticationSASL,
  encodeAuthenticationSASLContinue,
  encodeAuthenticationSASLFinal,
} from './authentication-messages.ts';
import { ByteBuilder, bodyOf } from './byte-builder.testing.ts';
import { parseAsClient } from './pg-protocol.testing.ts';

const request = (code: number) => new ByteBuilder().int32(code);
const data = Buffer.from('r=x,s=y');

describe('authentication requests', () => {
  it.each([
    ['Ok', authenticationOk, request(0)],
    ['CleartextPassword', authenticationCleartextPassword, request(3)],
    ['SASL', encodeAuthenticationSASL(['OAUTHBEARER', 'X']), request(10).string('OAUTHBEARER').string('X').byte(0)],
    ['SASLContinue', encodeAuthenticationSASLContinue(data), request(11).bytes(data)],
    ['SASLFinal', encodeAuthenticationSASLFinal(data), request(12).bytes(data)],
  ])('%s has the bytes of the protocol chapter', (_, bytes, expected) => {
    expect(bytes).toEqual(expected.message('R'));
  });

  it('are understood by node-postgres', async () => {
    const parsed = await parseAsClient(
      authenticationOk,
      authenticationCleartextPassword,
      encodeAuthenticationSASL(['SCRAM-SHA-256']),
      encodeAuthenticationSASLContinue(data),
      encodeAuthenticationSASLFinal(data),
    );
    expect(parsed).toMatchObject([
      { name: 'authenticationOk' },
      { name: 'authenticationCleartextPassword' },
      { name: 'authenticationSASL', mechanisms: ['SCRAM-SHA-256'] },
      { name: 'authenticationSASLContinue', data: 'r=x,s=y' },
      { name: 'authenticationSASLFinal', data: 'r=x,s=y' },
    ]);
  });

  it('S29 are never longer than libpq reads: a length word of at most 2,000', () => {
    expect(encodeAuthenticationSASLContinue(Buffer.alloc(1_992)).readInt32BE(1)).toBe(2_000);
    expect(() => encodeAuthenticationSASLContinue(Buffer.alloc(1_993))).toThrow('2001 bytes');
    expect(() => encodeAuthenticationSASLFinal(Buffer.alloc(1_993))).toThrow('2001 bytes');
    expect(() => encodeAuthenticationSASL(['X'.repeat(2_000)])).toThrow(ProtocolError);
  });
});

describe('decodeAuthentication', () => {
  it.each([
    ['Ok', request(0), { kind: 'Ok' }],
    ['CleartextPassword', request(3), { kind: 'CleartextPassword' }],
    ['MD5Password', request(5).bytes([1, 2, 3, 4]), { kind: 'MD5Password', salt: Buffer.of(1, 2, 3, 4) }],
    ['SASL', request(10).string('A').string('B').byte(0), { kind: 'SASL', mechanisms: ['A', 'B'] }],
    ['SASL without a mechanism', request(10).byte(0), { kind: 'SASL', mechanisms: [] }],
    ['SASLContinue', request(11).bytes(data), { kind: 'SASLContinue', data }],
    ['an empty SASLContinue', request(11), { kind: 'SASLContinue', data: Buffer.alloc(0) }],
    ['SASLFinal', request(12).bytes(data), { kind: 'SASLFinal', data }],
    ['KerberosV5', request(2), { kind: 'Unsupported', name: 'KerberosV5' }],
    ['GSS', request(7), { kind: 'Unsupported', name: 'GSS' }],
    ['GSSContinue', request(8).bytes([1]), { kind: 'Unsupported', name: 'GSSContinue' }],
    ['SSPI', request(9), { kind: 'Unsupported', name: 'SSPI' }],
    ['a request of the future', request(13), { kind: 'Unsupported', name: 'authentication request 13' }],
  ])('reads %s', (_, builder, expected) => {
    expect(decodeAuthentication(builder.build())).toEqual(expected);
  });

  it.each([
    ['nothing', new ByteBuilder()],
    ['half a code', new ByteBuilder().bytes([0, 0])],
    ['Ok with data', request(0).byte(0)],
    ['MD5Password without salt', request(5)],
    ['MD5Password with half a salt', request(5).bytes([1, 2])],
    ['MD5Password with more than a salt', request(5).bytes([1, 2, 3, 4, 5])],
    ['SASL without the end of its list', request(10).string('A')],
    ['SASL with a mechanism that is not terminated', request(10).byte('A')],
    ['SASL with data behind its list', request(10).byte(0).byte(0)],
  ])('refuses %s', (_, builder) => {
    expect(() => decodeAuthentication(builder.build())).toThrow(ProtocolError);
  });

  it('reads back every request that can be written', () => {
    fc.assert(
      fc.property(fc.array(anyName, { maxLength: 5 }), bytesOf(0, 1_992), (mechanisms, bytes) => {
        expect(decodeAuthentication(bodyOf(encodeAuthenticationSASL(mechanisms)))).toEqual({
          kind: 'SASL',
          mechanisms,
        });
        expect(decodeAuthentication(bodyOf(encodeAuthenticationSASLContinue(bytes)))).toMatchObject({ data: bytes });
        expect(decodeAuthentication(bodyOf(encodeAuthenticationSASLFinal(bytes)))).toMatchObject({ data: bytes });
      }),
    );
  });

  it('S25 answers arbitrary bytes with a request or a ProtocolError', () => {
    const framed = fc.tuple(fc.integer({ min: 0, max: 13 }), anyBytes);
    fc.assert(fc.property(anyBytes, (bytes) => expectNoOtherError(() => decodeAuthentication(bytes))));
    fc.assert(
      fc.property(framed, ([code, bytes]) =>
        expectNoOtherError(() => decodeAuthentication(request(code).bytes(bytes).build())),
      ),
    );
  });
});
