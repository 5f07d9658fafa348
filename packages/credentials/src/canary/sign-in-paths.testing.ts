import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestProvider } from '@gprxy/testkit';
import { createClientCredentialsSource } from '../client-credentials-source.ts';
import { MemoryStore, neverAborts, settingsFor, testDependencies, testDirectory } from '../dependencies.testing.ts';
import { login } from '../login.ts';
import type { ClientAuthentication } from '../oidc/client-authentication.ts';
import type { LoginPrompt } from '../oidc/login-prompt.ts';
import { type CanaryPath, canary, failed } from './canary-path.testing.ts';
import { tokenAnswers } from './provider-answers.testing.ts';

/** What a browser brings back, with the state of the login. */
const comingsBack: Record<string, Record<string, string>> = {
  'an error that quotes a code': { error: 'access_denied', error_description: `code ${canary} refused` },
  'an error that is a code': { error: canary },
  'a code, from another issuer': { code: canary, iss: `https://${canary}.example` },
  'a code, and whose is not said': { code: canary, iss: '' },
  'tokens in place of a code': { id_token: canary, token: canary, iss: 'own' },
  'a code that the provider does not know': { code: canary, iss: 'own' },
};

/** Signs in with a browser that comes back like this; what the page, the error and the log say. */
async function comeBack(provider: TestProvider, parameters: Record<string, string>): Promise<readonly unknown[]> {
  const deps = testDependencies();
  let page: Promise<string> = Promise.resolve('');
  const show = (prompt: LoginPrompt) => {
    if (prompt.kind !== 'browser') return;
    const state = new URL(prompt.url).searchParams.get('state') ?? '';
    const iss = parameters.iss === 'own' ? { iss: provider.issuer } : {};
    const query = new URLSearchParams({ state, iss: provider.issuer, ...parameters, ...iss });
    page = fetch(`${prompt.redirectUri}?${query}`).then((response) => response.text());
  };
  const place = { settings: settingsFor(provider), store: new MemoryStore(), account: 'prod', deps };
  const failure = await failed(login({ ...place, flow: 'browser', show, signal: neverAborts }));
  return [failure, await page, deps.records];
}

const redirectPaths = Object.entries(comingsBack).map(
  ([name, parameters]): CanaryPath => ({
    name: `a browser comes back with ${name}`,
    run: (provider) => comeBack(provider, parameters),
  }),
);

const exchangePaths = Object.entries(tokenAnswers).map(
  ([name, answer]): CanaryPath => ({
    name: `a code is answered with ${name}`,
    async run(provider) {
      provider.answerNext('token', answer);
      return comeBack(provider, { code: canary });
    },
  }),
);

const secret: ClientAuthentication = { kind: 'secret', secret: async () => `secret-${canary}` };

async function askAsJob(provider: TestProvider, authentication: ClientAuthentication): Promise<readonly unknown[]> {
  const deps = testDependencies();
  const { issuer } = provider;
  const settings = { issuer, clientId: 'gprxy-ci', scopes: ['db:connect'], authentication };
  const source = createClientCredentialsSource({ settings, deps });
  return [await failed(source.getToken(neverAborts)), deps.records];
}

const jobPaths = Object.entries(tokenAnswers).map(
  ([name, answer]): CanaryPath => ({
    name: `a job's request is answered with ${name}`,
    async run(provider) {
      provider.answerNext('token', answer);
      return askAsJob(provider, secret);
    },
  }),
);

const assertionFile = (text: string) => async (): Promise<ClientAuthentication> => {
  const path = join(testDirectory(), 'assertion');
  writeFileSync(path, text);
  return { kind: 'assertion-file', path };
};

const key = (pem: string) => async (): Promise<ClientAuthentication> => ({ kind: 'private-key', pem: async () => pem });

const proofs: Record<string, () => Promise<ClientAuthentication>> = {
  'a secret that is wrong': async () => secret,
  'a key that is none': key(canary),
  'a key that is torn': key(`-----BEGIN PRIVATE KEY-----\n${canary}\n-----END PRIVATE KEY-----\n`),
  'an assertion that is none': assertionFile(`{"token":"${canary}"}`),
  'an assertion that is wrong': assertionFile(`eyJ.${Buffer.from(canary).toString('base64url')}.x`),
};

const proofPaths = Object.entries(proofs).map(
  ([name, authentication]): CanaryPath => ({
    name: `a job shows ${name}`,
    run: async (provider) => askAsJob(provider, await authentication()),
  }),
);

export const signInPaths = [redirectPaths, exchangePaths, jobPaths, proofPaths].flat();
