import { type AccessToken, neverExpires } from '@gprxy/credentials';
import { expect, it } from 'vitest';
import { ListenerActivity } from './listener-activity.ts';

function tokenExpiresAt(expiresAt: number): string | undefined {
  const activity = new ListenerActivity('prod', '127.0.0.1:5433');
  activity.tokenUsed({ token: 't', expiresAt, identity: {} } as AccessToken);
  return activity.status().tokenExpiresAt;
}

it('tells when the token used last expires as all times are told, by RFC 3339', () => {
  expect(tokenExpiresAt(Date.UTC(2030, 0, 1, 12))).toBe('2030-01-01T12:00:00.000Z');
});

it.each([neverExpires, Number.MAX_SAFE_INTEGER])('tells of no end that will not be seen: %d', (expiresAt) => {
  expect(tokenExpiresAt(expiresAt)).toBeUndefined();
});
