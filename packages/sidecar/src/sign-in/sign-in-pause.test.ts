import { expect, it } from 'vitest';
import { SignInPause } from './sign-in-pause.ts';

const minuteMs = 60_000;

it('is twice as long each time, up to four hours, and short again after a login', () => {
  const clock = { ms: Date.UTC(2030, 0, 1) };
  const pause = new SignInPause(() => clock.ms);
  const next = () => {
    pause.begin();
    const { left } = pause;
    clock.ms += left;
    expect(pause.left).toBe(0);
    return left / minuteMs;
  };
  expect([1, 2, 3, 4, 5, 6, 7, 8].map(next)).toEqual([5, 10, 20, 40, 80, 160, 240, 240]);
  pause.end();
  expect(next()).toBe(5);
});

it('is over as soon as somebody has signed in', () => {
  const pause = new SignInPause(() => 0);
  pause.begin();
  pause.end();
  expect(pause.left).toBe(0);
});
