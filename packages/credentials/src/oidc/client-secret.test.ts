import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, signInAtBrowser, startOidcProvider, type TestProvider } from '@gprxy/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { failureOf, neverAborts, settingsFor, testDependencies, testDirectory } from '../dependencies.testing.ts';
import { browserLogin } from './browser-login.ts';
import { connectProvider } from './connect-provider.ts';
import { approve, play } from './device-login.testing.ts';
import { refreshLogin } from './refresh-login.ts';

const secret = 'not-much-of-a-secret';

// As Google has it: a desktop application with a secret that everybody can read.
let provider: TestProvider;
beforeAll(async () => {
  provider = await startOidcProvider({
    clients: [
      {
        client_id: 'desktop',
        client_secret: secret,
        token_endpoint_auth_method: 'client_secret_post',
        application_type: 'native',
        redirect_uris: ['http://localhost/callback'],
        response_types: ['code'],
        grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token', 'authorization_code'],
        id_token_signed_response_alg: 'ES256',
      },
    ],
  });
});
afterAll(() => provider.stop());

async function secretFile(mode = 0o600): Promise<string> {
  const path = join(testDirectory(), 'secret');
  await writeFile(path, `${secret}\n`, { mode });
  return path;
}

it('signs in and refreshes as a client that has a secret', async () => {
  const settings = { clientId: 'desktop', clientSecretFile: await secretFile() };
  const login = await play(provider, settings, approve).result;
  const deps = testDependencies();
  const task = { settings: { ...settingsFor(provider), ...settings }, deps, signal: neverAborts };
  const refreshed = await refreshLogin(task, { ...login, refreshToken: login.refreshToken ?? '' });
  expect(refreshed.accessToken).not.toBe(login.accessToken);
  expect(deps.sent.find(({ path }) => path === '/token')?.body.get('client_secret')).toBe(secret);
});

it('signs in with the browser, at the address and port that the profile names', async () => {
  const redirectUri = `http://localhost:${await freePort()}/callback`;
  const changes = { clientId: 'desktop', clientSecretFile: await secretFile(), redirectUri };
  const deps = testDependencies();
  const task = { settings: { ...settingsFor(provider), ...changes }, deps, signal: neverAborts };
  const login = await browserLogin(
    task,
    await connectProvider(task),
    ({ url }) => void signInAtBrowser(url, { user: 'alice' }),
  );
  expect(login).toMatchObject({ subject: 'alice', clientId: 'desktop' });
  const asked = deps.sent.find(({ path }) => path === '/token')?.body;
  expect(Object.fromEntries(asked ?? [])).toMatchObject({ client_secret: secret, redirect_uri: redirectUri });
});

it('tells a secret that is missing, or open to others, before anything is asked', async () => {
  for (const [clientSecretFile, says] of [
    ['/nowhere/secret', '/nowhere/secret does not exist'],
    [await secretFile(0o644), 'is open to other users'],
  ] as const) {
    const story = play(provider, { clientId: 'desktop', clientSecretFile }, approve);
    const error = await failureOf(story.result);
    expect(error.message).toContain(says);
    expect(story.deps.sent).toEqual([]);
  }
});
