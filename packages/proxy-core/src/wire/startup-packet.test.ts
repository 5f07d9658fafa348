import fc from 'fast-check';
import { serialize } from 'pg-protocol';
import { describe, expect, it } from 'vitest';
import { anyBytes, anyName, anyText, bytesOf, expectNoOtherError } from '../arbitraries.testing.ts';
import { ProtocolError } from '../errors.ts';
import { ByteBuilder } from './byte-builder.testing.ts';
import { backendKey } from './cancel-key.ts';
import {
  encodeCancelRequest,
  encodeStartupMessage,
  MAX_STARTUP_BYTES,
  negotiateVersion,
  PROTOCOL_3_0,
  PROTOCOL_3_2,
  parseStartupLength,
  parseStartupPacket,
  requireUser,
  type StartupMessage,
  sslRequest,
} from './startup-packet.ts';

const SSL_REQUEST = 80877103;
const GSSENC_REQUEST = 80877104;
const CANCEL_REQUEST = 80877102;

/** A StartupMessage with these strings, terminator included. */
function startup(version: number, ...strings: string[]): Buffer {
  const builder = new ByteBuilder().int32(version);
  for (const string of strings) builder.string(string);
  return builder.byte(0).packet();
}

function parse(bytes: Buffer): StartupMessage {
  const packet = parseStartupPacket(bytes);
  if (packet.kind !== 'StartupMessage') throw new Error(`got ${packet.kind}`);
  return packet;
}

describe('parseStartupPacket', () => {
  it('reads the version and the parameters of a StartupMessage', () => {
    const packet = startup(PROTOCOL_3_2, 'user', 'alice@corp.example', 'database', 'größe', 'application_name', '');
    expect(parse(packet)).toEqual({
      kind: 'StartupMessage',
      protocolVersion: PROTOCOL_3_2,
      parameters: new Map([
        ['user', 'alice@corp.example'],
        ['database', 'größe'],
        ['application_name', ''],
      ]),
      protocolOptions: [],
    });
  });

  it('reads what node-postgres sends', () => {
    const { parameters } = parse(Buffer.from(serialize.startup({ user: 'alice', database: 'sales' })));
    expect(parameters).toEqual(
      new Map([
        ['user', 'alice'],
        ['database', 'sales'],
        ['client_encoding', 'UTF8'],
      ]),
    );
    expect(parseStartupPacket(Buffer.from(serialize.requestSsl()))).toEqual({ kind: 'SSLRequest' });
    const cancel = parseStartupPacket(Buffer.from(serialize.cancel(-7, 0x01020304)));
    if (cancel.kind !== 'CancelRequest') throw new Error(cancel.kind);
    expect(cancel.key.pid).toBe(-7);
    expect(cancel.key.secret).toEqual(Buffer.of(1, 2, 3, 4));
  });

  it('sets protocol options apart from parameters', () => {
    const packet = startup(PROTOCOL_3_0, '_pq_.compression', 'zstd', 'user', 'alice', '_pq_.', '');
    expect(parse(packet)).toMatchObject({
      parameters: new Map([['user', 'alice']]),
      protocolOptions: ['_pq_.compression', '_pq_.'],
    });
  });

  it('goes by the last of several values, at its place', () => {
    const packet = startup(
      PROTOCOL_3_0,
      'user',
      'eve',
      'TimeZone',
      'UTC',
      'timezone',
      'CET',
      'TimeZone',
      'EET',
      'user',
      'al',
    );
    expect([...parse(packet).parameters]).toEqual([
      ['timezone', 'CET'],
      ['TimeZone', 'EET'],
      ['user', 'al'],
    ]);
  });

  it('takes parameters named like members of an object for parameters', () => {
    const { parameters } = parse(startup(PROTOCOL_3_0, '__proto__', 'x', 'constructor', 'y'));
    expect([...parameters.keys()]).toEqual(['__proto__', 'constructor']);
  });

  it('tells the requests apart', () => {
    expect(parseStartupPacket(new ByteBuilder().int32(SSL_REQUEST).packet())).toEqual({ kind: 'SSLRequest' });
    expect(parseStartupPacket(new ByteBuilder().int32(GSSENC_REQUEST).packet())).toEqual({ kind: 'GSSENCRequest' });
  });

  it('S12 refuses an SSLRequest or a GSSENCRequest that is longer than one', () => {
    for (const code of [SSL_REQUEST, GSSENC_REQUEST]) {
      expect(() => parseStartupPacket(new ByteBuilder().int32(code).byte(0).packet())).toThrow(ProtocolError);
    }
  });

  it.each([0, 3, 257])('refuses a CancelRequest with a key of %i bytes', (length) => {
    const packet = new ByteBuilder().int32(CANCEL_REQUEST).int32(42).bytes(Buffer.alloc(length)).packet();
    expect(() => parseStartupPacket(packet)).toThrow('invalid length of cancel key');
  });

  it('refuses a CancelRequest without a pid', () => {
    expect(() => parseStartupPacket(new ByteBuilder().int32(CANCEL_REQUEST).packet())).toThrow(ProtocolError);
  });

  it.each([
    ['no terminator', ['user\0alice\0']],
    ['a name without a value', ['user\0']],
    ['a value that is not terminated', ['user\0alice']],
    ['data behind the terminator', ['user\0alice\0\0', '\0']],
    ['parameters behind the terminator', ['user\0alice\0\0', 'user\0eve\0\0']],
    ['no body at all', ['']],
  ])('refuses %s', (_, parts) => {
    const packet = new ByteBuilder()
      .int32(PROTOCOL_3_0)
      .bytes(Buffer.from(parts.join('')))
      .packet();
    expect(() => parseStartupPacket(packet)).toThrow(expect.objectContaining({ sqlState: '08P01' }));
  });

  it('reports a list that ends early in the words of PostgreSQL', () => {
    const packet = new ByteBuilder().int32(PROTOCOL_3_0).bytes([0, 0]).packet();
    expect(() => parseStartupPacket(packet)).toThrow('invalid startup packet layout: expected terminator as last byte');
  });

  it.each([
    ['a name', [0xff, 0, 0x61, 0]],
    ['a value', [0x61, 0, 0xff, 0]],
  ])('refuses %s that is not UTF-8', (_, strings) => {
    const packet = new ByteBuilder().int32(PROTOCOL_3_0).bytes(strings).byte(0).packet();
    expect(() => parseStartupPacket(packet)).toThrow(expect.objectContaining({ sqlState: '22021' }));
  });

  it('refuses a packet that is shorter or longer than it says', () => {
    const packet = startup(PROTOCOL_3_0, 'user', 'alice');
    expect(() => parseStartupPacket(packet.subarray(0, -1))).toThrow('incomplete startup packet');
    expect(() => parseStartupPacket(Buffer.concat([packet, Buffer.of(0)]))).toThrow('incomplete startup packet');
  });

  it('refuses every cut of a packet', () => {
    const packet = startup(PROTOCOL_3_0, 'user', 'alice', 'database', 'sales');
    for (let end = 0; end < packet.length; end++) {
      const cut = Buffer.from(packet.subarray(0, end));
      if (end >= 4) cut.writeInt32BE(end); // so that the length is no give-away
      expect(() => parseStartupPacket(cut), `cut at ${end}`).toThrow(ProtocolError);
    }
  });

  it('reads back every StartupMessage that can be written', () => {
    const parameters = fc.uniqueArray(fc.tuple(anyName, anyText), { selector: ([name]) => name, maxLength: 10 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff }), parameters, (minor, pairs) => {
        const settings = pairs.filter(([name]) => !name.startsWith('_pq_.'));
        const message = parse(encodeStartupMessage(PROTOCOL_3_0 + minor, settings));
        expect(message.protocolVersion).toBe(PROTOCOL_3_0 + minor);
        expect([...message.parameters]).toEqual(settings);
      }),
    );
  });

  it('S25 answers arbitrary bytes with a packet or a ProtocolError', () => {
    const framed = fc.tuple(fc.constantFrom(PROTOCOL_3_0, CANCEL_REQUEST, SSL_REQUEST, 0x0004_0000), anyBytes);
    fc.assert(fc.property(anyBytes, (bytes) => expectNoOtherError(() => parseStartupPacket(bytes))));
    fc.assert(
      fc.property(framed, ([code, bytes]) =>
        expectNoOtherError(() => parseStartupPacket(new ByteBuilder().int32(code).bytes(bytes).packet())),
      ),
    );
  });
});

describe('parseStartupLength', () => {
  it.each([8, 9, 10_000])('accepts %i', (length) => {
    expect(parseStartupLength(new ByteBuilder().int32(length).build())).toBe(length);
  });

  it.each([
    ['nothing', 0],
    ['less than a version', 7],
    ['10,001 bytes', 10_001],
    ['2 GiB', 0x7fff_ffff],
    ['a negative length', -1],
    ['HTTP', 0x47455420],
  ])('S27 refuses %s from the length word alone', (_, length) => {
    expect(() => parseStartupLength(new ByteBuilder().int32(length).build())).toThrow(
      'invalid length of startup packet',
    );
  });
});

describe('protocol versions', () => {
  const message = (protocolVersion: number, ...strings: string[]) => parse(startup(protocolVersion, ...strings));

  it.each([
    ['3.0', 0x0003_0000, 0x0003_0000, false],
    ['3.1', 0x0003_0001, 0x0003_0001, false],
    ['3.2', 0x0003_0002, 0x0003_0002, false],
    ['3.3', 0x0003_0003, 0x0003_0002, true],
    ['3.9999', 0x0003_270f, 0x0003_0002, true],
    ['3.65535', 0x0003_ffff, 0x0003_0002, true],
  ])('S28 serves %s as PostgreSQL 18 does', (_, asked, served, negotiate) => {
    expect(negotiateVersion(message(asked))).toEqual({ protocolVersion: served, unrecognized: [], negotiate });
  });

  it('S28 names unknown protocol options, and stays at the version asked for', () => {
    expect(negotiateVersion(message(PROTOCOL_3_0, '_pq_.a', '1', '_pq_.b', '2'))).toEqual({
      protocolVersion: PROTOCOL_3_0,
      unrecognized: ['_pq_.a', '_pq_.b'],
      negotiate: true,
    });
  });

  it.each([
    ['2.0', 0x0002_0000],
    ['4.0', 0x0004_0000],
    ['0.0', 0],
    ['1234.5681', 80877105],
    ['65535.65535', 0xffff_ffff],
  ])('S28 refuses %s in the words of PostgreSQL 18', (name, version) => {
    expect(() => message(version, 'user', 'alice')).toThrow(
      expect.objectContaining({
        sqlState: '0A000',
        message: `unsupported frontend protocol ${name}: server supports 3.0 to 3.2`,
      }),
    );
  });
});

describe('requireUser', () => {
  it('returns the user', () => {
    expect(requireUser(parse(startup(PROTOCOL_3_0, 'user', 'alice')))).toBe('alice');
  });

  it.each([[[]], [['user', '']]])('S28 refuses a startup without user: %j', (strings) => {
    expect(() => requireUser(parse(startup(PROTOCOL_3_0, ...strings)))).toThrow(
      expect.objectContaining({ sqlState: '28000', message: 'no PostgreSQL user name specified in startup packet' }),
    );
  });
});

describe('encodeStartupMessage', () => {
  it('writes version, pairs and terminator', () => {
    expect(encodeStartupMessage(PROTOCOL_3_2, [['user', 'alice']])).toEqual(startup(PROTOCOL_3_2, 'user', 'alice'));
    expect(encodeStartupMessage(PROTOCOL_3_0, new Map())).toEqual(startup(PROTOCOL_3_0));
  });

  it.each([
    ['an empty name, which would end the list', '', 'x'],
    ['a NUL in a name', 'a\0user', 'x'],
    ['a NUL in a value', 'application_name', 'x\0user\0postgres'],
  ])('refuses %s', (_, name, value) => {
    expect(() => encodeStartupMessage(PROTOCOL_3_0, [[name, value]])).toThrow(ProtocolError);
  });

  it('refuses a packet that the server would not read, and only that', () => {
    const fixed = startup(PROTOCOL_3_0, 'user', '').length;
    const longest = 'x'.repeat(MAX_STARTUP_BYTES - fixed);
    expect(encodeStartupMessage(PROTOCOL_3_0, [['user', longest]])).toHaveLength(MAX_STARTUP_BYTES);
    expect(() => encodeStartupMessage(PROTOCOL_3_0, [['user', `${longest}x`]])).toThrow('10001 bytes');
  });
});

describe('requests to a server', () => {
  it('asks for TLS', () => {
    expect(sslRequest).toEqual(new ByteBuilder().int32(SSL_REQUEST).packet());
    expect(sslRequest).toEqual(Buffer.from(serialize.requestSsl()));
  });

  it('cancels with the key as it came, whatever its length', () => {
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), bytesOf(4, 256), (pid, secret) => {
        const bytes = encodeCancelRequest(backendKey(pid, secret));
        expect(bytes).toEqual(new ByteBuilder().int32(CANCEL_REQUEST).int32(pid).bytes(secret).packet());
      }),
    );
    expect(encodeCancelRequest(backendKey(42, Buffer.of(0, 0, 0, 7)))).toEqual(Buffer.from(serialize.cancel(42, 7)));
  });
});
