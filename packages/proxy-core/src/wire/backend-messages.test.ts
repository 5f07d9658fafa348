import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyBytes, anyText, bytesOf, expectNoOtherError } from '../arbitraries.testing.ts';
import { ProtocolError } from '../errors.ts';
import {
  decodeBackendKeyData,
  decodeNegotiateProtocolVersion,
  decodeParameterStatus,
  decodeReadyForQuery,
  encodeBackendKeyData,
  encodeNegotiateProtocolVersion,
  encodeParameterStatus,
  encodeReadyForQuery,
} from './backend-messages.ts';
import { ByteBuilder, bodyOf } from './byte-builder.testing.ts';
import { frontendKey } from './cancel-key.ts';
import { parseAsClient } from './pg-protocol.testing.ts';
import { PROTOCOL_3_0, PROTOCOL_3_2 } from './startup-packet.ts';

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });

describe('what is sent to a client', () => {
  it('is understood by node-postgres', async () => {
    const parsed = await parseAsClient(
      encodeParameterStatus('TimeZone', 'Europe/Zürich'),
      encodeBackendKeyData(frontendKey(4242, Buffer.of(0, 0, 1, 0))),
      encodeReadyForQuery('T'),
    );
    expect(parsed).toMatchObject([
      { name: 'parameterStatus', parameterName: 'TimeZone', parameterValue: 'Europe/Zürich' },
      { name: 'backendKeyData', processID: 4242, secretKey: 256 },
      { name: 'readyForQuery', status: 'T' },
    ]);
  });
});

describe('NegotiateProtocolVersion', () => {
  it('S28 names the version served and the options that are not known, as PostgreSQL 18 does', () => {
    expect(encodeNegotiateProtocolVersion(PROTOCOL_3_2, [])).toEqual(
      new ByteBuilder().int32(0x0003_0002).int32(0).message('v'),
    );
    expect(encodeNegotiateProtocolVersion(PROTOCOL_3_0, ['_pq_.a', '_pq_.b'])).toEqual(
      new ByteBuilder().int32(0x0003_0000).int32(2).string('_pq_.a').string('_pq_.b').message('v'),
    );
  });

  it('is read back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0x7fff_ffff }), fc.array(anyText), (protocolVersion, unrecognized) => {
        const body = bodyOf(encodeNegotiateProtocolVersion(protocolVersion, unrecognized));
        expect(decodeNegotiateProtocolVersion(body)).toEqual({ protocolVersion, unrecognized });
      }),
    );
  });

  it.each([
    ['more options than there are', new ByteBuilder().int32(PROTOCOL_3_2).int32(2).string('_pq_.a')],
    ['four billion options', new ByteBuilder().int32(PROTOCOL_3_2).int32(-1).string('_pq_.a')],
    ['fewer options than there are', new ByteBuilder().int32(PROTOCOL_3_2).int32(0).string('_pq_.a')],
    ['no number of options', new ByteBuilder().int32(PROTOCOL_3_2)],
  ])('is refused with %s', (_, builder) => {
    expect(() => decodeNegotiateProtocolVersion(builder.build())).toThrow(ProtocolError);
  });
});

describe('BackendKeyData', () => {
  it('keeps the secret as bytes, 4 to 256 of them', () => {
    fc.assert(
      fc.property(int32, bytesOf(4, 256), (pid, secret) => {
        const message = encodeBackendKeyData(frontendKey(pid, secret));
        expect(message).toEqual(new ByteBuilder().int32(pid).bytes(secret).message('K'));
        const key = decodeBackendKeyData(bodyOf(message));
        expect(key.pid).toBe(pid);
        expect(key.secret).toEqual(secret);
      }),
    );
  });

  it.each([0, 3, 257])('is refused with a secret of %i bytes', (length) => {
    const body = new ByteBuilder().int32(42).bytes(Buffer.alloc(length)).build();
    expect(() => decodeBackendKeyData(body)).toThrow('invalid length of cancel key');
  });

  it('is refused without a pid', () => {
    expect(() => decodeBackendKeyData(Buffer.alloc(3))).toThrow(ProtocolError);
  });
});

describe('ParameterStatus', () => {
  it('is written and read back', () => {
    expect(encodeParameterStatus('a', 'ö')).toEqual(new ByteBuilder().string('a').string('ö').message('S'));
    fc.assert(
      fc.property(anyText, anyText, (name, value) => {
        expect(decodeParameterStatus(bodyOf(encodeParameterStatus(name, value)))).toEqual({ name, value });
      }),
    );
  });

  it('is read with a value in another encoding', () => {
    const body = new ByteBuilder().string('application_name').bytes([0xe4, 0]).build();
    expect(decodeParameterStatus(body)).toEqual({ name: 'application_name', value: '\ufffd' });
  });

  it.each([
    ['without a value', new ByteBuilder().string('a')],
    ['with more than a value', new ByteBuilder().string('a').string('b').byte(0)],
  ])('is refused %s', (_, builder) => {
    expect(() => decodeParameterStatus(builder.build())).toThrow(ProtocolError);
  });
});

describe('ReadyForQuery', () => {
  it.each(['I', 'T', 'E'] as const)('is written and read back: %s', (status) => {
    expect(encodeReadyForQuery(status)).toEqual(new ByteBuilder().byte(status).message('Z'));
    expect(decodeReadyForQuery(bodyOf(encodeReadyForQuery(status)))).toBe(status);
  });

  it.each([
    ['without a status', new ByteBuilder()],
    ['with an unknown status', new ByteBuilder().byte('X')],
    ['with two', new ByteBuilder().byte('I').byte('I')],
  ])('is refused %s', (_, builder) => {
    expect(() => decodeReadyForQuery(builder.build())).toThrow(ProtocolError);
  });
});

it('S25 answers arbitrary bytes with a message or a ProtocolError', () => {
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      expectNoOtherError(() => decodeNegotiateProtocolVersion(bytes));
      expectNoOtherError(() => decodeBackendKeyData(bytes));
      expectNoOtherError(() => decodeParameterStatus(bytes));
      expectNoOtherError(() => decodeReadyForQuery(bytes));
    }),
  );
});
