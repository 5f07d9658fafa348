import { getEventListeners } from 'node:events';
import type { TokenSource } from '@gprxy/credentials';
import { expect, it } from 'vitest';
import { remindOfEnd } from '../sign-in/remind-of-end.ts';
import { renewAhead } from './renew-ahead.ts';

it('the signal of the sidecar keeps nothing of a token source, of which each reload makes a new one', async () => {
  const { signal } = new AbortController();
  const nothing = () => {};
  const log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
  const identity = { issuer: 'https://login.example', subject: 'a', email: 'a@corp.example', claims: {} };
  const loginEnd = { at: 3_600_000, since: 0, lifeMs: 3_600_000 };
  const source: TokenSource = { getToken: async () => ({ token: 'a', expiresAt: 3_600_000, identity, loginEnd }) };
  const common = { profile: 'prod', source, now: () => 0, log, isServed: () => true, signal };
  await renewAhead({ ...common, random: () => 0 }).getToken(signal);
  await remindOfEnd({ ...common, notify: async () => {} }).getToken(signal);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});
