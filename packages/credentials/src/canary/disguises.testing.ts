import { disguisesOf } from '@gprxy/testkit';
import { createClientCredentialsSource } from '../client-credentials-source.ts';
import { failureOf, MemoryStore, neverAborts, settingsFor, testDependencies } from '../dependencies.testing.ts';
import { login } from '../login.ts';
import { logout } from '../logout.ts';
import type { LoginPrompt } from '../oidc/login-prompt.ts';
import { createExecSource } from '../sources/exec-source.ts';
import { type CanaryPath, canary, expired, stopAfterFirstPoll } from './canary-path.testing.ts';

/** Each way in which whoever was sent a secret may write it into an error. */
const disguised = (name: string, run: (error: string) => CanaryPath['run']): CanaryPath[] =>
  Object.entries(disguisesOf(canary)).map(([disguise, text]) => ({
    name: `${name} ${disguise}`,
    run: run(`the secret ${text} is no good`),
  }));

const refused = (error: string, description: string) => ({
  status: 400,
  body: { error, error_description: description, error_uri: `https://idp.example/?${description}` },
});

const refresh = disguised('a refresh is refused with the refresh token', (error) => async (provider) => {
  const { source, deps } = expired(provider);
  provider.answerNext('token', refused('invalid_grant', error));
  return [await failureOf(source.getToken(neverAborts)), deps.records];
});

const challenge = disguised('a refresh is challenged with the refresh token', (error) => async (provider) => {
  const { source, deps } = expired(provider);
  const safe = error.replaceAll(/[^\x20-\x7e]/g, '?').replaceAll('"', "'");
  const header = `Basic realm="x", error="invalid_client", error_description="${safe}"`;
  provider.answerNext('token', { status: 401, headers: { 'www-authenticate': header } });
  return [await failureOf(source.getToken(neverAborts)), deps.records];
});

const poll = disguised('a poll is refused with the device code', (error) => async (provider) => {
  const deps = testDependencies();
  const verification = { user_code: 'ABCD-EFGH', verification_uri: `${provider.issuer}/device` };
  const body = { device_code: canary, ...verification, expires_in: 600, interval: 1 };
  provider.answerNext('device_authorization', { status: 200, body });
  provider.answerNext('token', refused('invalid_grant', error));
  const options = { settings: settingsFor(provider), store: new MemoryStore(), account: 'prod', show: () => undefined };
  return [await failureOf(login({ ...options, ...stopAfterFirstPoll(deps) })), deps.records];
});

const revocation = disguised('a revocation is refused with the refresh token', (error) => async (provider) => {
  provider.answerNext('revocation', refused('invalid_request', error));
  return [await logout({ ...expired(provider), revoke: true, signal: neverAborts })];
});

const clientSecret = disguised('a job is refused with the client secret', (error) => async (provider) => {
  const deps = testDependencies();
  const authentication = { kind: 'secret', secret: async () => canary } as const;
  const settings = { ...settingsFor(provider), clientId: 'gprxy-ci', authentication };
  provider.answerNext('token', refused('unauthorized_client', error));
  return [await failureOf(createClientCredentialsSource({ settings, deps }).getToken(neverAborts)), deps.records];
});

const browser = disguised('the exchange is refused with the code', (error) => async (provider) => {
  const deps = testDependencies();
  let page = '';
  let visit: Promise<void> | undefined;
  const show = (prompt: LoginPrompt) => {
    if (prompt.kind !== 'browser') return;
    provider.answerNext('token', refused('invalid_grant', error));
    const back = new URLSearchParams({ code: canary, state: new URL(prompt.url).searchParams.get('state') ?? '' });
    back.set('iss', provider.issuer);
    visit = fetch(`${prompt.redirectUri}?${back}`).then(async (response) => {
      page = await response.text();
    });
  };
  const options = { settings: settingsFor(provider), store: new MemoryStore(), account: 'prod', deps, show };
  const failure = await failureOf(login({ ...options, flow: 'browser', signal: neverAborts }));
  await visit;
  return page.includes('Signing in did not work') ? [failure, page, deps.records] : [canary];
});

const command = disguised('a command that printed the token fails with it', (error) => async () => {
  const deps = { ...testDependencies(), env: process.env, profile: 'prod' };
  const script = 'process.stdout.write(process.argv[1]); process.stderr.write(process.argv[2]); process.exitCode = 1';
  const argv = [process.execPath, '-e', script, canary, error] as const;
  const source = createExecSource({ kind: 'exec', command: { argv, timeoutMs: 10_000 } }, deps);
  return [await failureOf(source.getToken(neverAborts)), deps.records];
});

export const disguisePaths = [refresh, challenge, poll, revocation, clientSecret, browser, command].flat();
