import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { sayingWhenSlow } from './saying-when-slow.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Answers after so many ms, for ever afresh. */
function provider(delayMs: number) {
  const said: string[] = [];
  const answer = () => new Promise<Response>((resolve) => setTimeout(() => resolve(new Response()), delayMs));
  return { said, fetch: sayingWhenSlow(answer, (line) => said.push(line)) };
}

it('says what is waited for after two seconds, once a host', async () => {
  const { said, fetch } = provider(9_000);
  const asked = [fetch('https://id.example/token'), fetch(new Request('https://id.example/keys'))];
  asked.push(fetch(new URL('https://other.example:8443/')));
  await vi.advanceTimersByTimeAsync(1_999);
  expect(said).toEqual([]);
  await vi.advanceTimersByTimeAsync(7_001);
  await Promise.all(asked);
  const told = ['id.example', 'other.example:8443'].map((host) => `gprxy: waiting for ${host} to answer ...`);
  expect(said).toEqual(told);
});

it('says nothing of answers that come in time, nor of what failed at once', async () => {
  const { said, fetch } = provider(1_000);
  const answered = fetch('https://id.example/token');
  await vi.advanceTimersByTimeAsync(10_000);
  await answered;
  const failing = sayingWhenSlow(
    () => Promise.reject(new TypeError('fetch failed')),
    (line) => said.push(line),
  );
  await expect(failing('https://id.example/token')).rejects.toThrow('fetch failed');
  await vi.advanceTimersByTimeAsync(10_000);
  expect(said).toEqual([]);
});
