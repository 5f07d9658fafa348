import { describe, expect, it } from 'vitest';
import { ByteBuilder } from './byte-builder.testing.ts';
import { int32, message, packet, string } from './writer.ts';

describe('writer', () => {
  it('counts the length word in, and the type out', () => {
    expect(packet()).toEqual(new ByteBuilder().int32(4).build());
    expect(packet(int32(-1), string('é'))).toEqual(new ByteBuilder().int32(-1).string('é').packet());
    expect(message(0x51, string('x'))).toEqual(new ByteBuilder().byte('Q').int32(6).string('x').build());
  });

  it('refuses a string that would end early, without showing it', () => {
    expect(() => string('alice\0database\0payroll')).toThrow(/^a string that holds a NUL character cannot be sent$/);
  });
});
