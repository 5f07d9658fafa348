import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyBytes, expectNoOtherError } from '../arbitraries.testing.ts';
import { ProtocolError } from '../errors.ts';
import { ByteBuilder } from './byte-builder.testing.ts';
import {
  FRAME_HEADER_BYTES,
  FrameScanner,
  MAX_AUTHENTICATION_BYTES,
  MAX_MESSAGE_BYTES,
  MAX_SCRAM_BYTES,
  parseFrameHeader,
} from './message-frame.ts';

const header = (type: string, length: number) => new ByteBuilder().byte(type).int32(length).build();

describe('parseFrameHeader', () => {
  it('reads type and body length', () => {
    expect(parseFrameHeader(header('Z', 5), 1)).toEqual({ type: 0x5a, bodyLength: 1 });
    expect(parseFrameHeader(header('S', 4), 0)).toEqual({ type: 0x53, bodyLength: 0 });
  });

  it.each([3, 1, 0, -1, -(2 ** 31)])('refuses a length of %i', (length) => {
    expect(() => parseFrameHeader(header('Q', length), MAX_MESSAGE_BYTES)).toThrow(ProtocolError);
  });

  it.each([
    ['an authentication message over 65,535 bytes', MAX_AUTHENTICATION_BYTES, 65_535],
    ['a SCRAM message over 1,024 bytes', MAX_SCRAM_BYTES, 1_024],
    ['a message over 1 GiB', MAX_MESSAGE_BYTES, 1_073_741_824],
  ])('S27 refuses %s from its header alone, and no shorter one', (_, cap, bytes) => {
    expect(parseFrameHeader(header('p', bytes + 4), cap).bodyLength).toBe(bytes);
    expect(() => parseFrameHeader(header('p', bytes + 5), cap)).toThrow(ProtocolError);
    expect(() => parseFrameHeader(header('p', 0x7fff_ffff), cap)).toThrow(ProtocolError);
  });

  it.each([0, 1, 4])('refuses a header of %i bytes', (length) => {
    expect(() => parseFrameHeader(Buffer.alloc(length), 100)).toThrow('incomplete message header');
  });
});

describe('FrameScanner', () => {
  const messages = [
    new ByteBuilder().string('select 1').message('Q'),
    new ByteBuilder().message('S'),
    new ByteBuilder().bytes(Buffer.alloc(300, 'S')).message('d'),
    new ByteBuilder().message('X'),
  ];
  const stream = Buffer.concat(messages);
  const ends = messages.map((_, index) => Buffer.concat(messages.slice(0, index + 1)).length);

  it('is at a boundary before anything came', () => {
    expect(new FrameScanner()).toMatchObject({ atBoundary: true, lastType: 0 });
  });

  it('knows its place whatever two chunks a stream is split into', () => {
    for (let split = 0; split <= stream.length; split++) {
      const scanner = new FrameScanner();
      scanner.push(stream.subarray(0, split));
      expect(scanner.atBoundary, `split at ${split}`).toBe(split === 0 || ends.includes(split));
      scanner.push(stream.subarray(split));
      expect(scanner, `split at ${split}`).toMatchObject({ atBoundary: true, lastType: 0x58 });
    }
  });

  it('knows its place byte by byte', () => {
    const scanner = new FrameScanner();
    for (let offset = 0; offset < stream.length; offset++) {
      scanner.push(stream.subarray(offset, offset + 1));
      const index = ends.findIndex((end) => offset < end);
      expect(scanner.atBoundary).toBe(ends.includes(offset + 1));
      expect(scanner.lastType).toBe(messages[index]?.[0]);
    }
  });

  it('does not take a byte of a body for a type', () => {
    const scanner = new FrameScanner();
    scanner.push(new ByteBuilder().byte('d').int32(104).bytes(Buffer.alloc(50, 'X')).build());
    expect(scanner).toMatchObject({ atBoundary: false, lastType: 0x64 });
  });

  it('follows a message of 1 GiB without holding it', () => {
    const scanner = new FrameScanner();
    scanner.push(header('D', MAX_MESSAGE_BYTES + 4));
    const chunk = Buffer.alloc(1 << 20);
    for (let sent = 0; sent < MAX_MESSAGE_BYTES; sent += chunk.length) {
      expect(scanner.atBoundary).toBe(false);
      scanner.push(chunk);
    }
    expect(scanner.atBoundary).toBe(true);
  });

  it.each([
    ['over 1 GiB', MAX_MESSAGE_BYTES + 5],
    ['of 2 GiB', 0x7fff_ffff],
    ['below zero', -1],
    ['of zero', 0],
    ['below 4', 3],
  ])('S27 refuses a length %s as soon as the header is there, wherever it is split', (_, length) => {
    const bytes = Buffer.concat([stream, header('d', length)]);
    for (let split = bytes.length - FRAME_HEADER_BYTES; split < bytes.length; split++) {
      const scanner = new FrameScanner();
      scanner.push(bytes.subarray(0, split));
      expect(() => scanner.push(bytes.subarray(split)), `split at ${split}`).toThrow(ProtocolError);
    }
  });

  it('finds every boundary of every stream in any chunks', () => {
    const message = fc.tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0, max: 40 }));
    const cuts = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 });
    fc.assert(
      fc.property(fc.array(message), cuts, (list, sizes) => {
        const scanner = new FrameScanner();
        const boundaries = new Set([0]);
        const builder = new ByteBuilder();
        for (const [type, length] of list) {
          builder
            .byte(type)
            .int32(length + 4)
            .bytes(Buffer.alloc(length, 0xff));
          boundaries.add(builder.build().length);
        }
        const bytes = builder.build();
        for (let offset = 0, turn = 0; offset < bytes.length; turn++) {
          const end = Math.min(bytes.length, offset + (sizes[turn % sizes.length] as number));
          scanner.push(bytes.subarray(offset, end));
          offset = end;
          expect(scanner.atBoundary).toBe(boundaries.has(offset));
        }
        expect(scanner.lastType).toBe(list.at(-1)?.[0] ?? 0);
      }),
    );
  });

  it('S25 answers arbitrary bytes with a position or a ProtocolError', () => {
    fc.assert(fc.property(anyBytes, (bytes) => expectNoOtherError(() => new FrameScanner().push(bytes))));
  });
});
