import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { backendKey, frontendKey } from './cancel-key.ts';

describe('cancel keys', () => {
  it.each([4, 32, 256])('hold a secret of %i bytes', (length) => {
    const secret = Buffer.alloc(length, 7);
    expect(frontendKey(42, secret).secret).toEqual(secret);
    expect(backendKey(42, secret).pid).toBe(42);
  });

  it.each([0, 3, 257])('refuse a secret of %i bytes', (length) => {
    expect(() => frontendKey(42, Buffer.alloc(length))).toThrow('invalid length of cancel key');
    expect(() => backendKey(42, Buffer.alloc(length))).toThrow('invalid length of cancel key');
  });

  it('do not show their secret to a log or an inspector', () => {
    const key = frontendKey(42, Buffer.from('geheim!!'));
    expect(JSON.stringify({ key })).toBe('{"key":{"pid":42}}');
    expect(inspect(key)).toBe('{ pid: 42 }');
  });

  it('do not change with the buffer that they were read from', () => {
    const packet = Buffer.from('geheim!!');
    const key = frontendKey(42, packet);
    packet.fill(0);
    expect(key.secret).toEqual(Buffer.from('geheim!!'));
  });
});
