import { describe, expect, it } from 'vitest';
import { countdown, relativeTime } from './time-left.ts';

const minuteMs = 60_000;

describe('times as people say them', () => {
  it.each([
    [1000, 'in 1 second'],
    [59_000, 'in 59 seconds'],
    [9.99 * minuteMs, 'in 10 minutes'],
    [60 * minuteMs, 'in 1 hour'],
    [30 * 60 * minuteMs, 'in 30 hours'],
    [72 * 60 * minuteMs, 'in 3 days'],
    [-2 * minuteMs, '2 minutes ago'],
  ])('%d ms is %s', (distanceMs, text) => {
    expect(relativeTime(distanceMs, 0)).toBe(text);
  });

  it('count down to zero and no further', () => {
    expect([countdown(600_000, 0), countdown(61_001, 0), countdown(0, 5000)]).toEqual(['10:00', '1:02', '0:00']);
  });
});
