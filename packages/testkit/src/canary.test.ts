import { describe, expect, it } from 'vitest';
import { createCanary, disguisesOf, tracesOf } from './canary.ts';

const secret = createCanary();

describe('a canary', () => {
  it.each(Object.entries(disguisesOf(secret)))('is found %s', (_, disguise) => {
    expect(tracesOf(secret, `before ${disguise} after`)).not.toEqual([]);
    expect(tracesOf(secret, JSON.stringify({ error: disguise }))).not.toEqual([]);
  });

  it('is found in the middle of a token', () => {
    for (const before of ['', 'x', 'xy', 'xyz']) {
      const payload = Buffer.from(`{"sub":"${before}","secret":"${secret}"}`).toString('base64url');
      expect(tracesOf(secret, `eyJhbGciOiJub25lIn0.${payload}.sig`)).toContain('from base64');
    }
  });

  it('is found nowhere else, and never twice', () => {
    const other = createCanary();
    expect(other).not.toBe(secret);
    for (const disguise of Object.values(disguisesOf(other))) expect(tracesOf(secret, disguise)).toEqual([]);
    expect(tracesOf(secret, '')).toEqual([]);
  });
});
