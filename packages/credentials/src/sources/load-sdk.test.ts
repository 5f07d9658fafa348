import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { testDirectory } from '../dependencies.testing.ts';
import { loadSdk } from './load-sdk.ts';

it('tells how to install an SDK that is not there', () => {
  const elsewhere = createRequire(`${testDirectory()}/index.js`);
  expect(() => loadSdk('@aws-sdk/rds-signer', elsewhere)).toThrow(
    expect.objectContaining({
      code: 'ERR_SOURCE_FAILED',
      message: 'the package @aws-sdk/rds-signer is not installed, which this profile needs',
      hint: expect.stringContaining('"npm install -g @aws-sdk/rds-signer"'),
    }),
  );
});

it('tells that one that is there is broken', () => {
  const broken = () => {
    throw Object.assign(new Error("Cannot find module 'tslib'"), { code: 'MODULE_NOT_FOUND' });
  };
  expect(() => loadSdk('@azure/identity', broken)).toThrow('the package @azure/identity could not be loaded');
});

it.each(['@aws-sdk/rds-signer', '@azure/identity', 'google-auth-library'] as const)('loads %s', (name) => {
  expect(Object.keys(loadSdk(name)).length).toBeGreaterThan(0);
});
