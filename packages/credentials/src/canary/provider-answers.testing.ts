import { failureOf, MemoryStore, neverAborts, settingsFor, testDependencies } from '../dependencies.testing.ts';
import { login } from '../login.ts';
import { logout } from '../logout.ts';
import { type Answer, type CanaryPath, canary, expired, failed, stopAfterFirstPoll } from './canary-path.testing.ts';

const stolen = { access_token: `access-${canary}`, refresh_token: `refresh-${canary}`, token_type: 'Bearer' };
const jwt = (claims: object) =>
  ['{"alg":"ES256"}', JSON.stringify(claims), canary].map((part) => Buffer.from(part).toString('base64url')).join('.');

export const tokenAnswers: Record<string, Answer> = {
  'invalid_grant that quotes the token': {
    status: 400,
    body: { error: 'invalid_grant', error_description: `refresh-${canary} was used before`, error_uri: canary },
  },
  'an error that is the token': { status: 400, body: { error: canary } },
  'invalid_client that quotes the token': { status: 401, body: { error: 'invalid_client', error_description: canary } },
  'a challenge that quotes the token': { status: 401, headers: { 'www-authenticate': `Bearer realm="${canary}"` } },
  HTML: { status: 400, body: `<html>${canary}`, headers: { 'content-type': 'text/html' } },
  'a redirect': { status: 302, headers: { location: `https://evil.example/?token=${canary}` } },
  '500 with the token': { status: 500, body: { error: 'server_error', error_description: canary } },
  '503 with the token': { status: 503, body: canary },
  '429 with the token': { status: 429, body: { error: 'slow', error_description: canary } },
  'no JSON': { status: 200, body: `{"access_token":"${canary}` },
  'another content type': { status: 200, body: canary, headers: { 'content-type': 'text/plain' } },
  'an array': { status: 200, body: [canary] },
  'no token_type': { status: 200, body: { ...stolen, token_type: undefined } },
  'an unknown token_type': { status: 200, body: { ...stolen, token_type: canary } },
  'a strange expires_in': { status: 200, body: { ...stolen, expires_in: { canary } } },
  'a refresh token that is an object': { status: 200, body: { ...stolen, refresh_token: { canary } } },
  'a scope that is an object': { status: 200, body: { ...stolen, scope: { canary } } },
  'an ID token that is none': { status: 200, body: { ...stolen, id_token: canary } },
  'an ID token without claims': { status: 200, body: { ...stolen, id_token: jwt({}) } },
  'an ID token of another issuer': {
    status: 200,
    body: { ...stolen, id_token: jwt({ iss: canary, aud: 'gprxy-cli', sub: canary, iat: 1, exp: 9_999_999_999 }) },
  },
};

const refreshPaths = Object.entries(tokenAnswers).map(
  ([name, answer]): CanaryPath => ({
    name: `a refresh is answered with ${name}`,
    async run(provider) {
      const { source, deps } = expired(provider);
      provider.answerNext('token', answer);
      return [await failed(source.getToken(neverAborts)), await failed(source.getToken(neverAborts)), deps.records];
    },
  }),
);

const pollPaths = Object.entries(tokenAnswers).map(
  ([name, answer]): CanaryPath => ({
    name: `a poll is answered with ${name}`,
    async run(provider) {
      const deps = testDependencies();
      const show = () => provider.answerNext('token', answer);
      const options = { settings: settingsFor(provider), store: new MemoryStore(), account: 'prod', show };
      return [await failureOf(login({ ...options, ...stopAfterFirstPoll(deps) })), deps.records];
    },
  }),
);

const deviceAnswers: Record<string, Answer> = {
  'no JSON': { status: 200, body: `{"device_code":"${canary}` },
  'a missing user code': { status: 200, body: { device_code: canary } },
  'a strange lifetime': {
    status: 200,
    body: { device_code: canary, user_code: 'A', verification_uri: 'x', expires_in: canary },
  },
  'an error': { status: 400, body: { error: 'invalid_request', error_description: canary } },
  'an address that is none': {
    status: 200,
    body: { device_code: canary, user_code: 'A', verification_uri: canary, expires_in: 9 },
  },
};
const devicePaths = Object.entries(deviceAnswers).map(
  ([name, answer]): CanaryPath => ({
    name: `the device authorization is answered with ${name}`,
    async run(provider) {
      const deps = testDependencies();
      provider.answerNext('device_authorization', answer);
      const options = { settings: settingsFor(provider), store: new MemoryStore(), account: 'prod', deps };
      return [await failureOf(login({ ...options, show: () => undefined, signal: neverAborts })), deps.records];
    },
  }),
);

const revocationAnswers: Record<string, Answer> = {
  'an error': { status: 400, body: { error: 'unsupported_token_type', error_description: `refresh-${canary}` } },
  '503': { status: 503, body: canary },
  HTML: { status: 404, body: canary, headers: { 'content-type': 'text/html' } },
};
const revocationPaths = Object.entries(revocationAnswers).map(
  ([name, answer]): CanaryPath => ({
    name: `a revocation is answered with ${name}`,
    async run(provider) {
      provider.answerNext('revocation', answer);
      const result = await logout({ ...expired(provider), revoke: true, signal: neverAborts });
      return result.warning === undefined ? [canary] : [result];
    },
  }),
);

const metadata: Record<string, (issuer: string) => unknown> = {
  'no JSON': () => canary,
  'an issuer that is an object': () => ({ issuer: { canary } }),
  'a token endpoint that is an object': (issuer) => ({ issuer, token_endpoint: { canary } }),
};
const metadataPaths = Object.entries(metadata).map(
  ([name, body]): CanaryPath => ({
    name: `the metadata have ${name}`,
    async run(provider) {
      provider.answerNext('discovery', { status: 200, body: body(provider.issuer) });
      return [await failureOf(expired(provider).source.getToken(neverAborts))];
    },
  }),
);

export const providerAnswerPaths = [refreshPaths, pollPaths, devicePaths, revocationPaths, metadataPaths].flat();
