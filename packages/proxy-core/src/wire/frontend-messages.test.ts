import fc from 'fast-check';
import { serialize } from 'pg-protocol';
import { describe, expect, it } from 'vitest';
import { anyBytes, anyText, expectNoOtherError } from '../arbitraries.testing.ts';
import { ProtocolError } from '../errors.ts';
import { ByteBuilder, bodyOf } from './byte-builder.testing.ts';
import {
  decodePasswordMessage,
  decodeSASLInitialResponse,
  encodePasswordMessage,
  encodeQuery,
  encodeSASLInitialResponse,
  encodeSASLResponse,
  terminate,
} from './frontend-messages.ts';

describe('what is sent to a server', () => {
  it.each([
    ['PasswordMessage', encodePasswordMessage('pässword'), new ByteBuilder().string('pässword').message('p')],
    [
      'SASLResponse',
      encodeSASLResponse(Buffer.from('c=biws')),
      new ByteBuilder().bytes(Buffer.from('c=biws')).message('p'),
    ],
    ['Query', encodeQuery('select 1'), new ByteBuilder().string('select 1').message('Q')],
    ['Terminate', terminate, new ByteBuilder().message('X')],
    [
      'SASLInitialResponse',
      encodeSASLInitialResponse('SCRAM-SHA-256', Buffer.from('n,,n=,r=x')),
      new ByteBuilder().string('SCRAM-SHA-256').int32(9).bytes(Buffer.from('n,,n=,r=x')).message('p'),
    ],
  ])('%s has the bytes of the protocol chapter', (_, bytes, expected) => {
    expect(bytes).toEqual(expected);
  });

  it('has the bytes that node-postgres sends', () => {
    expect(encodePasswordMessage('geheim')).toEqual(Buffer.from(serialize.password('geheim')));
    expect(encodeQuery('select 1')).toEqual(Buffer.from(serialize.query('select 1')));
    expect(terminate).toEqual(Buffer.from(serialize.end()));
    expect(encodeSASLInitialResponse('SCRAM-SHA-256', Buffer.from('n,,n=*,r=x'))).toEqual(
      Buffer.from(serialize.sendSASLInitialResponseMessage('SCRAM-SHA-256', 'n,,n=*,r=x')),
    );
    expect(encodeSASLResponse(Buffer.from('c=biws'))).toEqual(
      Buffer.from(serialize.sendSCRAMClientFinalMessage('c=biws')),
    );
  });
});

describe('decodePasswordMessage', () => {
  it('reads back every password', () => {
    fc.assert(
      fc.property(anyText, (password) => {
        expect(decodePasswordMessage(bodyOf(encodePasswordMessage(password)))).toBe(password);
      }),
    );
  });

  it('reads a token of 60,000 bytes', () => {
    const token = 'x'.repeat(60_000);
    expect(decodePasswordMessage(new ByteBuilder().string(token).build())).toBe(token);
  });

  it.each([
    ['nothing', []],
    ['no terminator', [0x61]],
    ['data behind the terminator', [0x61, 0, 0x62]],
    ['two terminators', [0x61, 0, 0]],
    ['bytes that are not UTF-8', [0xff, 0]],
  ])('refuses %s', (_, bytes) => {
    expect(() => decodePasswordMessage(Buffer.from(bytes))).toThrow(ProtocolError);
  });
});

describe('decodeSASLInitialResponse', () => {
  it('tells no data from empty data', () => {
    const body = (length: number) => new ByteBuilder().string('OAUTHBEARER').int32(length).build();
    expect(decodeSASLInitialResponse(body(-1))).toEqual({ mechanism: 'OAUTHBEARER', data: undefined });
    expect(decodeSASLInitialResponse(body(0))).toEqual({ mechanism: 'OAUTHBEARER', data: Buffer.alloc(0) });
  });

  it('reads back every response', () => {
    fc.assert(
      fc.property(anyText, anyBytes, (mechanism, data) => {
        const body = bodyOf(encodeSASLInitialResponse(mechanism, data));
        expect(decodeSASLInitialResponse(body)).toEqual({ mechanism, data });
      }),
    );
  });

  it.each([
    ['no length', new ByteBuilder().string('OAUTHBEARER')],
    ['a length beyond the end', new ByteBuilder().string('OAUTHBEARER').int32(2).byte(1)],
    ['the largest length', new ByteBuilder().string('OAUTHBEARER').int32(0x7fff_ffff).byte(1)],
    ['a negative length other than -1', new ByteBuilder().string('OAUTHBEARER').int32(-2)],
    ['data behind the end', new ByteBuilder().string('OAUTHBEARER').int32(0).byte(1)],
    ['data although there is none', new ByteBuilder().string('OAUTHBEARER').int32(-1).byte(1)],
    ['a mechanism that is not terminated', new ByteBuilder().bytes(Buffer.from('OAUTHBEARER'))],
  ])('refuses %s', (_, builder) => {
    expect(() => decodeSASLInitialResponse(builder.build())).toThrow(ProtocolError);
  });
});

it('S25 answers arbitrary bytes with a message or a ProtocolError', () => {
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      expectNoOtherError(() => decodePasswordMessage(bytes));
      expectNoOtherError(() => decodeSASLInitialResponse(bytes));
    }),
  );
});
