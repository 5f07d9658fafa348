import { describe, expect, it } from 'vitest';
import { ByteBuilder } from './byte-builder.testing.ts';
import { Reader } from './reader.ts';

const read = (bytes: Buffer) => new Reader(bytes, 'TestMessage');

describe('Reader', () => {
  it('reads the fields in order, to the end', () => {
    const reader = read(new ByteBuilder().byte(7).int32(-2).int32(-2).string('häuser').bytes([1, 2, 3]).build());
    expect(reader.uint8()).toBe(7);
    expect(reader.int32()).toBe(-2);
    expect(reader.uint32()).toBe(0xffff_fffe);
    expect(reader.string()).toBe('häuser');
    expect(reader.bytes(1)).toEqual(Buffer.of(1));
    expect(reader.atEnd).toBe(false);
    expect(reader.rest()).toEqual(Buffer.of(2, 3));
    expect(reader.atEnd).toBe(true);
    reader.end();
  });

  it.each([
    ['a number', (reader: Reader) => reader.int32()],
    ['bytes', (reader: Reader) => reader.bytes(4)],
    ['bytes of the largest length', (reader: Reader) => reader.bytes(0x7fff_ffff)],
    ['bytes of a negative length', (reader: Reader) => reader.bytes(-1)],
  ])('refuses to read %s beyond the end, and names the message', (_, readField) => {
    expect(() => readField(read(Buffer.alloc(3)))).toThrow('malformed TestMessage: insufficient data left');
  });

  it('refuses a string without a terminator', () => {
    expect(() => read(Buffer.from('abc')).string()).toThrow('malformed TestMessage: a string is not terminated');
    expect(() => read(Buffer.alloc(0)).text()).toThrow('malformed TestMessage: a string is not terminated');
  });

  it('refuses data that is left at the end', () => {
    expect(() => read(Buffer.alloc(1)).end()).toThrow('malformed TestMessage: unexpected data at its end');
  });

  it.each([
    ['latin1', [0xe4]],
    ['an overlong form', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['a cut sequence', [0xe2, 0x82]],
  ])('refuses %s where UTF-8 is due, and takes it where text is for people', (_, bytes) => {
    const terminated = Buffer.of(...bytes, 0);
    expect(() => read(terminated).string()).toThrow(expect.objectContaining({ sqlState: '22021' }));
    expect(read(terminated).text()).toContain('\ufffd');
  });
});
