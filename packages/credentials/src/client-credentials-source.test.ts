import { generateKeyPairSync } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CI_SECRET, startOidcProvider, type TestProvider } from '@gprxy/testkit';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createClientCredentialsSource } from './client-credentials-source.ts';
import { failureOf, type TestDependencies, testDependencies, testDirectory } from './dependencies.testing.ts';
import type { ClientAuthentication } from './oidc/client-authentication.ts';

const keys = {
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  p256: generateKeyPairSync('ec', { namedCurve: 'prime256v1' }),
  ed25519: generateKeyPairSync('ed25519'),
};
const kinds = ['rsa', 'p256', 'ed25519'] as const;

let provider: TestProvider;
beforeAll(async () => {
  const jwks = await Promise.all(
    kinds.map(async (kind) => ({ ...(await exportJWK(keys[kind].publicKey)), kid: kind })),
  );
  const job = { grant_types: ['client_credentials'], redirect_uris: [], response_types: [] };
  provider = await startOidcProvider({
    clients: [
      { ...job, client_id: 'job-with-key', token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: jwks } },
      {
        ...job,
        client_id: 'job:with/odd +%',
        client_secret: 'a secret: with +%&=',
        token_endpoint_auth_method: 'client_secret_basic',
      },
      {
        ...job,
        client_id: 'job-that-posts',
        client_secret: 'posted',
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
  });
});
afterAll(() => provider.stop());
afterEach(() => provider.resume());

const bySecret = (secret: string): ClientAuthentication => ({ kind: 'secret', secret: async () => secret });
const byKey = (kind: (typeof kinds)[number], type: 'pkcs8' | 'pkcs1' | 'sec1' = 'pkcs8'): ClientAuthentication => {
  const pem = keys[kind].privateKey.export({ type, format: 'pem' }) as string;
  return { kind: 'private-key', pem: async () => pem, keyId: kind };
};

function sourceOf(clientId: string, authentication: ClientAuthentication, deps: TestDependencies = testDependencies()) {
  const { issuer, audience } = provider;
  const settings = { issuer, clientId, scopes: ['db:connect'], resource: audience, authentication };
  const source = createClientCredentialsSource({ settings, deps });
  return { deps, get: (options = {}) => source.getToken(new AbortController().signal, options) };
}

const tokenRequests = ({ sent }: TestDependencies) => sent.filter(({ path }) => path === '/token');

describe('a job that signs in', () => {
  it.each([
    ['gprxy-ci', CI_SECRET],
    ['job:with/odd +%', 'a secret: with +%&='],
    ['job-that-posts', 'posted'],
  ])('with the secret of %j', async (clientId, secret) => {
    const { get } = sourceOf(clientId, bySecret(secret));
    const { token, expiresAt, identity } = await get();
    expect(token).toMatch(/^eyJ/);
    expect(expiresAt - Date.now()).toBeGreaterThan(290_000);
    expect(identity).toMatchObject({
      issuer: provider.issuer,
      subject: clientId,
      claims: { aud: provider.audience, client_id: clientId, scope: 'db:connect' },
    });
  });

  it('with its secret in the body, where the provider does not take it from the header', async () => {
    const challenge = { 'www-authenticate': 'Basic realm="provider"' };
    provider.answerNext('token', { status: 401, headers: challenge, body: { error: 'invalid_client' } });
    const { get, deps } = sourceOf('job-that-posts', bySecret('posted'));
    expect((await get()).identity.subject).toBe('job-that-posts');
    expect(tokenRequests(deps).map(({ body }) => body.get('client_secret'))).toEqual([null, 'posted']);
  });

  it.each([
    ['RSA in PKCS #8', byKey('rsa')],
    ['RSA in PKCS #1', byKey('rsa', 'pkcs1')],
    ['P-256 in PKCS #8', byKey('p256')],
    ['P-256 in SEC 1', byKey('p256', 'sec1')],
    ['Ed25519', byKey('ed25519')],
  ])('with a private key: %s (RFC 7523)', async (_kind, authentication) => {
    const { get, deps } = sourceOf('job-with-key', authentication);
    expect((await get()).identity.subject).toBe('job-with-key');
    const [request] = tokenRequests(deps);
    expect(request?.body.get('client_assertion_type')).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
    expect(request?.body.has('client_secret')).toBe(false);
  });

  it('with the assertion that the platform keeps in a file, read again each time', async () => {
    const path = join(testDirectory(), 'assertion');
    const { get, deps } = sourceOf('job-with-key', { kind: 'assertion-file', path });
    for (const id of ['first', 'second']) {
      writeFileSync(path, `${await assertionOf(id)}\n`);
      await get({ minTtlMs: 1e9 });
    }
    const ids = tokenRequests(deps).map(({ body }) => idOf(body.get('client_assertion') ?? ''));
    expect(ids).toEqual(['first', 'second']);
  });

  async function assertionOf(id: string): Promise<string> {
    return new SignJWT({ jti: id })
      .setProtectedHeader({ alg: 'ES256', kid: 'p256' })
      .setIssuer('job-with-key')
      .setSubject('job-with-key')
      .setAudience(provider.issuer)
      .setIssuedAt()
      .setExpirationTime('1m')
      .sign(keys.p256.privateKey);
  }

  const idOf = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()).jti as string;
});

describe("a job's token", () => {
  it('is asked for once by many, kept, and renewed 60 s before it ends', async () => {
    const { get, deps } = sourceOf('gprxy-ci', bySecret(CI_SECRET));
    const tokens = await Promise.all(Array.from({ length: 20 }, () => get()));
    expect(new Set(tokens.map(({ token }) => token)).size).toBe(1);
    deps.advance(235_000);
    expect(await get()).toBe(tokens[0]);
    deps.advance(10_000);
    expect((await get()).token).not.toBe(tokens[0]?.token);
    expect(tokenRequests(deps).length).toBe(2);
  });

  it('goes on for a while when the provider is out of reach, which is told apart from a refusal', async () => {
    const { get, deps } = sourceOf('gprxy-ci', bySecret(CI_SECRET));
    const first = await get();
    await provider.pause();
    deps.advance(270_000);
    expect(await get()).toBe(first);
    deps.advance(25_000);
    expect(await failureOf(get())).toMatchObject({ code: 'ERR_PROVIDER_UNREACHABLE' });
    await provider.resume();
    deps.advance(20_000);
    expect((await get()).token).not.toBe(first.token);
  });

  it('is not asked for again and again while the provider is out', async () => {
    const { get, deps } = sourceOf('gprxy-ci', bySecret(CI_SECRET));
    await provider.pause();
    for (let attempt = 0; attempt < 5; attempt++) await failureOf(get());
    expect(deps.sent.length).toBe(1);
  });

  it('ends its waiting at once on abort', async () => {
    const { issuer } = provider;
    const authentication = bySecret(CI_SECRET);
    const settings = { issuer, clientId: 'gprxy-ci', scopes: [], authentication };
    const deps = testDependencies();
    const source = createClientCredentialsSource({ settings, deps });
    await provider.pause('hang');
    const controller = new AbortController();
    const waiting = failureOf(source.getToken(controller.signal));
    await expect.poll(() => deps.sent.length).toBe(1);
    controller.abort();
    expect(await waiting).toMatchObject({ code: 'ERR_ABORTED' });
  });
});

describe('a job that is refused', () => {
  it('is told what to check, and nothing of signing in', async () => {
    const wrong = 'not-the-secret-but-secret-all-the-same';
    const error = await failureOf(sourceOf('gprxy-ci', bySecret(wrong)).get());
    expect(error).toMatchObject({ code: 'ERR_PROVIDER_REFUSED', message: expect.stringContaining('invalid_client') });
    expect(error.hint).toContain('the client secret');
    expect(`${error.message} ${error.hint} ${error.stack}`).not.toMatch(/gprxy login|not-the-secret/);
  });

  it('when another key signed', async () => {
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    const { exportPKCS8 } = await import('jose');
    const pem = await exportPKCS8(privateKey);
    const error = await failureOf(sourceOf('job-with-key', { kind: 'private-key', pem: async () => pem }).get());
    expect(error).toMatchObject({ code: 'ERR_PROVIDER_REFUSED', hint: expect.stringContaining('the private key') });
  });

  it('when it asks for a scope that it may not have', async () => {
    provider.answerNext('token', { status: 400, body: { error: 'invalid_scope', error_description: 'not you' } });
    const error = await failureOf(sourceOf('gprxy-ci', bySecret(CI_SECRET)).get());
    expect(error).toMatchObject({
      code: 'ERR_PROVIDER_REFUSED',
      message: expect.stringContaining('invalid_scope (not you)'),
    });
  });
});

describe('what proves a job', () => {
  it.each([
    ['nothing', 'not a PEM private key', ''],
    ['a public key', 'not a PEM private key', keys.p256.publicKey.export({ type: 'spki', format: 'pem' })],
    [
      'a key of another kind',
      'not supported',
      generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey.export({ type: 'pkcs8', format: 'pem' }),
    ],
    [
      'a key that is too short',
      '2048 bits',
      generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({ type: 'pkcs8', format: 'pem' }),
    ],
    [
      'an encrypted key',
      'is encrypted',
      keys.rsa.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }),
    ],
  ])('is no key when it is %s', async (_what, says, pem) => {
    const { get, deps } = sourceOf('job-with-key', { kind: 'private-key', pem: async () => String(pem) });
    const error = await failureOf(get());
    expect(error).toMatchObject({ code: 'ERR_SOURCE_FAILED', message: expect.stringContaining(says) });
    expect(error.hint).toContain('private_key_file');
    expect(tokenRequests(deps)).toEqual([]);
  });

  it('is no assertion when the file is missing, empty or something else, and none of it is told', async () => {
    const path = join(testDirectory(), 'assertion');
    for (const content of ['', 'hunter2', '{"token":"hunter2"}']) {
      writeFileSync(path, content);
      const error = await failureOf(sourceOf('job-with-key', { kind: 'assertion-file', path }).get());
      expect(error).toMatchObject({ code: 'ERR_SOURCE_FAILED', message: expect.stringContaining(path) });
      expect(`${error.message} ${error.hint}`).not.toContain('hunter2');
    }
    rmSync(path);
    const error = await failureOf(sourceOf('job-with-key', { kind: 'assertion-file', path }).get());
    expect(error.message).toContain('ENOENT');
  });
});
