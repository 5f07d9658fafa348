import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { CredentialError } from '../errors.ts';
import { sdkFailure } from './sdk-failure.ts';

const canary = 'canary0canary0canary0canary0canary0canary';
const failure = (error: unknown) => sdkFailure(error, 'no token from X', 'Sign in.');
const errorWith = (fields: object, message = 'sorry') => Object.assign(new Error(message), fields);

describe('what an SDK throws', () => {
  it.each([
    ['a refused connection', errorWith({ code: 'ECONNREFUSED' }), 'ERR_PROVIDER_UNREACHABLE'],
    [
      'one deep inside',
      errorWith({ cause: errorWith({ errors: [errorWith({ code: 'ETIMEDOUT' })] }) }),
      'ERR_PROVIDER_UNREACHABLE',
    ],
    ['a server that is down', errorWith({ statusCode: 503 }), 'ERR_PROVIDER_UNREACHABLE'],
    ['a refusal', errorWith({ statusCode: 401 }), 'ERR_PROVIDER_REFUSED'],
    ['a refusal of AWS', errorWith({ $metadata: { httpStatusCode: 403 } }), 'ERR_PROVIDER_REFUSED'],
    ['nothing to sign in with', errorWith({ name: 'CredentialsProviderError' }), 'ERR_SOURCE_FAILED'],
    ['no error at all', 'sorry', 'ERR_SOURCE_FAILED'],
  ])('is told apart: %s', (_, error, code) => {
    expect(failure(error)).toMatchObject({ code, message: 'no token from X: sorry' });
  });

  it('stays as it is when it is ours', () => {
    const error = new CredentialError('ERR_ABORTED', 'stopped');
    expect(failure(error)).toBe(error);
  });

  it('S18 is told without the request that hangs on it', () => {
    const message = `POST with assertion ${canary} failed\nassertion=${canary}`;
    const error = failure(errorWith({ config: { data: canary }, cause: errorWith({ request: canary }) }, message));
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('canary0');
    expect(error.message).toBe('no token from X: POST with assertion [redacted] failed [redacted]');
  });

  it('is no reason to turn in circles', () => {
    const error: Error & { cause?: unknown } = new Error('round');
    error.cause = error;
    expect(failure(error)).toMatchObject({ code: 'ERR_SOURCE_FAILED' });
  });
});
