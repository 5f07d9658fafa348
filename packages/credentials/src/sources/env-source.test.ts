import { expect, it } from 'vitest';
import { failureOf, neverAborts } from '../dependencies.testing.ts';
import { createEnvSource } from './env-source.ts';
import { testSourceDependencies, unsignedJwt } from './source-dependencies.testing.ts';

function sourceOf(env: Record<string, string>) {
  const deps = testSourceDependencies(env);
  return { source: createEnvSource({ kind: 'env', variable: 'CI_TOKEN' }, deps), env: deps.env as typeof env };
}

it('a token in the environment is what the variable says now', async () => {
  const { source, env } = sourceOf({ CI_TOKEN: 'first' });
  expect((await source.getToken(neverAborts)).token).toBe('first');
  env.CI_TOKEN = unsignedJwt({ sub: 'job-7' });
  expect((await source.getToken(neverAborts)).identity.subject).toBe('job-7');
});

it.each([
  [{}, 'the environment variable CI_TOKEN is not set', /a daemon has the environment/],
  [{ CI_TOKEN: '' }, 'the environment variable CI_TOKEN is empty', /a daemon has the environment/],
  [{ CI_TOKEN: ' ' }, 'the variable CI_TOKEN is empty', /^Set CI_TOKEN/],
  [
    { CI_TOKEN: unsignedJwt({ exp: 1 }) },
    'the token of the variable CI_TOKEN expired at 1970-01-01T00:00:01.000Z',
    /^Set CI_TOKEN/,
  ],
])('%j is told in words', async (env, message, hint) => {
  const { source } = sourceOf(env as Record<string, string>);
  expect(await failureOf(source.getToken(neverAborts))).toMatchObject({
    code: 'ERR_SOURCE_FAILED',
    message,
    hint: expect.stringMatching(hint),
  });
});
