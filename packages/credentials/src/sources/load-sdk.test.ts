import { expect, it } from 'vitest';
import { failureOf } from '../dependencies.testing.ts';
import { loadSdk } from './load-sdk.ts';

it('tells how to install an SDK that is not there', async () => {
  const missing = 'gprxy-sdk-that-is-not-installed';
  const error = await failureOf(loadSdk('@aws-sdk/rds-signer', () => import(missing)));
  expect(error).toMatchObject({
    code: 'ERR_SOURCE_FAILED',
    message: 'the package @aws-sdk/rds-signer is not installed, which this profile needs',
    hint: expect.stringContaining('"npm install -g @aws-sdk/rds-signer"'),
  });
});

it('tells that one that is there does not load', async () => {
  const error = await failureOf(loadSdk('@azure/identity', () => Promise.reject(new SyntaxError('odd'))));
  expect(error).toMatchObject({ message: 'the package @azure/identity could not be loaded' });
});

it('gives what it has loaded', async () => {
  expect(await loadSdk('google-auth-library', async () => 'sdk')).toBe('sdk');
});
