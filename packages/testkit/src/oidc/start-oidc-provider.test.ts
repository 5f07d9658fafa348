import { decodeProtectedHeader } from 'jose';
import { describe, expect, it } from 'vitest';
import { createCertificateAuthority } from '../certificates.ts';
import { clientOf } from './provider-client.testing.ts';
import { CI_SECRET, type OidcProviderOptions, startOidcProvider } from './start-oidc-provider.ts';

async function open(options: OidcProviderOptions = {}) {
  const provider = await startOidcProvider(options);
  return { provider, client: clientOf(provider), [Symbol.asyncDispose]: () => provider.stop() };
}

describe('a device login', () => {
  it('waits for the person and then yields tokens that say who it was', async () => {
    await using test = await open();
    const device = await test.client.start();
    expect(device).toMatchObject({ status: 200, interval: 1, expires_in: 600 });
    expect(await test.client.poll(device.device_code ?? '')).toMatchObject({ error: 'authorization_pending' });
    await test.provider.approve(device.verification_uri_complete ?? '', 'bob');
    const tokens = await test.client.poll(device.device_code ?? '');
    expect(Object.keys(tokens)).toEqual(expect.arrayContaining(['access_token', 'id_token', 'refresh_token']));
    expect(await test.client.verify(tokens.access_token)).toMatchObject({
      sub: 'bob',
      email: 'bob@corp.example',
      email_verified: true,
      groups: ['analysts'],
      client_id: 'gprxy-cli',
    });
  });

  it('can be denied', async () => {
    await using test = await open();
    const device = await test.client.start();
    await test.provider.deny(device.verification_uri_complete ?? '');
    expect(await test.client.poll(device.device_code ?? '')).toMatchObject({ error: 'access_denied' });
  });

  it('can run out of time', async () => {
    await using test = await open({ deviceCodeTtlSeconds: 1 });
    const device = await test.client.start();
    await expect
      .poll(() => test.client.poll(device.device_code ?? ''), { timeout: 10_000, interval: 100 })
      .toMatchObject({ error: 'expired_token' });
    await expect(test.provider.approve(device.verification_uri_complete ?? '')).rejects.toThrow('did not connect');
  });

  it('takes nobody whom the provider does not know', async () => {
    await using test = await open();
    const device = await test.client.start();
    await expect(test.provider.approve(device.verification_uri_complete ?? '', 'eve')).rejects.toThrow(
      'did not connect',
    );
  });

  it('works with https, RS256 and explicit consent', async () => {
    const ca = await createCertificateAuthority();
    await using test = await open({ ca, signingAlgorithm: 'RS256' });
    expect(test.provider.issuer).toMatch(/^https:\/\/localhost:\d+$/);
    const device = await test.client.start({ prompt: 'consent', resource: test.provider.audience });
    await test.provider.approve(device.verification_uri_complete ?? '');
    const { access_token } = await test.client.poll(device.device_code ?? '');
    expect(await test.client.verify(access_token)).toMatchObject({ sub: 'alice' });
    expect(decodeProtectedHeader(access_token ?? '')).toMatchObject({ alg: 'RS256' });
  });
});

describe('a refresh', () => {
  it('replaces the refresh token, and one used twice ends the login', async () => {
    await using test = await open();
    const first = await test.client.login();
    const second = await test.client.refresh(first.refresh_token ?? '');
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(await test.client.refresh(first.refresh_token ?? '')).toMatchObject({ error: 'invalid_grant' });
    expect(await test.client.refresh(second.refresh_token ?? '')).toMatchObject({ error: 'invalid_grant' });
  });

  it('keeps the refresh token where it does not rotate', async () => {
    await using test = await open({ rotateRefreshToken: false });
    const { refresh_token = '' } = await test.client.login();
    expect(await test.client.refresh(refresh_token)).toMatchObject({ refresh_token });
    expect(await test.client.refresh(refresh_token)).toMatchObject({ refresh_token });
  });

  it('is over once the refresh token is revoked', async () => {
    await using test = await open();
    const { refresh_token = '' } = await test.client.login();
    expect(await test.client.post('/token/revocation', { token: refresh_token })).toMatchObject({ status: 200 });
    expect(await test.client.refresh(refresh_token)).toMatchObject({ error: 'invalid_grant' });
  });
});

describe('other clients', () => {
  it('get tokens that name them', async () => {
    await using test = await open();
    const another = clientOf(test.provider, 'another-client');
    const { access_token } = await another.login();
    expect(await test.client.verify(access_token)).toMatchObject({ client_id: 'another-client' });
    const ci = clientOf(test.provider, 'gprxy-ci');
    const grant = { grant_type: 'client_credentials', client_secret: CI_SECRET, resource: test.provider.audience };
    expect(await test.client.verify((await ci.post('/token', grant)).access_token)).toMatchObject({
      client_id: 'gprxy-ci',
    });
  });
});

describe('keys', () => {
  it('rotate: new tokens have a new kid, old logins and tokens live on', async () => {
    await using test = await open();
    const before = await test.client.login();
    await test.provider.rotateKeys();
    const after = await test.client.refresh(before.refresh_token ?? '');
    const kid = (token = '') => decodeProtectedHeader(token).kid;
    expect([kid(before.access_token), kid(after.access_token)]).toEqual(['ES256-1', 'ES256-2']);
    expect(await test.client.verify(before.access_token)).toMatchObject({ sub: 'alice' });
    expect(await test.client.verify(after.access_token)).toMatchObject({ sub: 'alice' });
  });

  it('can disappear', async () => {
    await using test = await open();
    const { access_token } = await test.client.login();
    await test.provider.rotateKeys({ keepOld: false });
    await expect(test.client.verify(access_token)).rejects.toThrow('no applicable key');
  });

  it('sign what a test makes up: valid by default, and as wrong as it likes', async () => {
    await using test = await open();
    const { provider, client } = test;
    expect(await client.verify(await provider.signToken())).toMatchObject({ sub: 'alice', groups: ['data-eng'] });
    expect(await client.verify(await provider.signToken({ sub: 'bob' }))).toMatchObject({ email: 'bob@corp.example' });
    expect(await client.verify(await provider.signToken({ exp: undefined }))).not.toHaveProperty('exp');
    expect(await client.verify(await provider.signToken({}, { alg: 'RS256' }))).toMatchObject({ sub: 'alice' });
    await expect(client.verify(await provider.signToken({ aud: 'other' }))).rejects.toThrow('"aud"');
    const secret = new TextEncoder().encode(provider.signingKey('RS256').publicPem);
    const forged = await provider.signToken({}, { alg: 'HS256', kid: 'RS256-1' }, secret);
    expect(decodeProtectedHeader(forged)).toEqual({ alg: 'HS256', kid: 'RS256-1', typ: 'at+jwt' });
    await expect(client.verify(forged)).rejects.toThrow();
  });
});

describe('trouble', () => {
  it('a paused provider refuses connections, and is back at the same address with everything it knew', async () => {
    await using test = await open();
    const { refresh_token = '' } = await test.client.login();
    await test.provider.pause();
    await expect(test.client.refresh(refresh_token)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    await test.provider.resume();
    expect(await test.client.refresh(refresh_token)).toMatchObject({ status: 200 });
  });

  it('a provider that finishes answers who waits, and nobody else', async () => {
    await using test = await open();
    test.provider.answerNext('token', { status: 400, body: { error: 'slow_down' }, afterMs: 100 });
    const waiting = test.client.poll('any');
    await expect.poll(() => test.provider.requests('token')).toBe(1);
    await test.provider.pause('finish');
    expect(await waiting).toMatchObject({ error: 'slow_down' });
    await expect(test.client.poll('any')).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
  });

  it('a hanging provider takes requests and never answers', async () => {
    await using test = await open();
    await test.provider.pause('hang');
    const patience = new AbortController();
    const answered = test.client.call('/jwks', { signal: patience.signal });
    answered.catch(() => undefined);
    await expect.poll(() => test.provider.requests('jwks')).toBe(1);
    patience.abort();
    await expect(answered).rejects.toMatchObject({ name: 'AbortError' });
    await test.provider.resume();
    expect((await test.client.call('/jwks')).status).toBe(200);
  });

  it("answers once in the provider's place, and counts requests", async () => {
    await using test = await open();
    test.provider.answerNext('token', { status: 400, body: { error: 'slow_down' } });
    expect(await test.client.poll('any')).toMatchObject({ status: 400, error: 'slow_down' });
    expect(await test.client.poll('any')).toMatchObject({ error: 'invalid_grant' });
    expect(['token', 'jwks', 'discovery'].map((e) => test.provider.requests(e as 'token'))).toEqual([2, 0, 0]);
  });
});
