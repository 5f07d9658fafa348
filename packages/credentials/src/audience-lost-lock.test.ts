import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { startOidcProvider, type TestProvider } from '@gprxy/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createAudienceTokenSource } from './audience-token-source.ts';
import { neverAborts, testDependencies } from './dependencies.testing.ts';
import { loggedIn } from './logged-in.testing.ts';

const reports = 'https://reports.corp.example';
let provider: TestProvider;
beforeAll(async () => {
  provider = await startOidcProvider();
});
afterAll(() => provider.stop());

it('a process that was taken for dead while it asked for another audience overwrites no newer login', async () => {
  let onAnswer = () => {};
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const body = new URLSearchParams(String(init?.body ?? ''));
    if (String(input).includes('device/auth')) body.append('resource', reports);
    const response = await globalThis.fetch(input, String(input).includes('device/auth') ? { ...init, body } : init);
    if (body.get('grant_type') === 'refresh_token') onAnswer();
    return response;
  };
  const who = await loggedIn(provider, { deps: testDependencies({ fetch }) });
  const login = who.store.logins.get('prod');
  if (login === undefined) throw new Error('nobody is logged in');
  const newer = { ...login, refreshToken: 'of a login that came later' };
  onAnswer = () => {
    rmSync(join(who.deps.lockDirectory, 'prod.lock'));
    who.store.logins.set('prod', newer);
  };
  await createAudienceTokenSource({ ...who, target: { audience: reports } }).getToken(neverAborts);
  expect(who.store.logins.get('prod')).toEqual(newer);
});
