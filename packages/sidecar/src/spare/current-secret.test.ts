import { CredentialError, type TokenSource } from '@gprxy/credentials';
import { expect, it, vi } from 'vitest';
import { aliceTokens } from '../config/profile.testing.ts';
import { currentSecret } from './current-secret.ts';

const failing = (error: Error): TokenSource => ({ getToken: () => Promise.reject(error) });

it('is the token there is, even one that ends soon, without waiting for anybody to sign in', async () => {
  const getToken = vi.fn(aliceTokens.getToken);
  expect(await currentSecret({ getToken })).toBe('alices-access-token');
  expect(getToken).toHaveBeenCalledWith(expect.any(AbortSignal), { minTtlMs: 1, joinsLogin: false });
});

it.each(['ERR_LOGIN_NEEDED', 'ERR_LOGIN_DENIED', 'ERR_LOGIN_EXPIRED'] as const)('is none after %s', async (code) => {
  expect(await currentSecret(failing(new CredentialError(code, 'no login')))).toBeUndefined();
});

it.each(['ERR_PROVIDER_UNREACHABLE', 'ERR_STORE_LOCKED', 'ERR_ABORTED'] as const)(
  'is not known after %s',
  async (code) => {
    await expect(currentSecret(failing(new CredentialError(code, 'out')))).rejects.toMatchObject({ code });
  },
);
