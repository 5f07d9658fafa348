import http from 'node:http';
import { signInAtBrowser, startOidcProvider, type TestProvider } from '@gprxy/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { endsAtOnce, failureOf, type TestDependencies } from '../dependencies.testing.ts';
import type { OidcSettings } from '../settings.ts';
import { answers, beginBrowserLogin, withMetadata } from './browser-login.testing.ts';

let provider: TestProvider;
beforeAll(async () => {
  provider = await startOidcProvider();
});
afterAll(() => provider.stop());
afterEach(() => provider.resume());

const begin = (changes: Partial<OidcSettings> = {}, limitMs?: number, deps?: TestDependencies) =>
  beginBrowserLogin(provider, changes, limitMs, deps);

describe('login in the browser', () => {
  it('signs a person in and keeps who they are', async () => {
    const { result, prompt } = await begin();
    await signInAtBrowser(prompt.url, { user: 'bob' });
    const login = await result;
    expect(login).toMatchObject({
      subject: 'bob',
      email: 'bob@corp.example',
      issuer: provider.issuer,
      clientId: 'gprxy-cli',
    });
    expect(login.refreshToken).toBeTypeOf('string');
    expect(login.claims).toMatchObject({ aud: provider.audience, groups: ['analysts'] });
    expect(await answers(prompt.redirectUri)).toBe(false);
  });

  it('S34 asks with PKCE by S256, a state and a nonce, each used once', async () => {
    const [one, other] = [await begin(), await begin()];
    expect(Object.fromEntries(one.asked)).toEqual({
      client_id: 'gprxy-cli',
      response_type: 'code',
      scope: 'openid email profile offline_access db:connect',
      resource: provider.audience,
      prompt: 'consent',
      redirect_uri: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/callback$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
    });
    for (const secret of ['state', 'nonce', 'code_challenge'])
      expect(one.asked.get(secret)).not.toBe(other.asked.get(secret));
    expect(one.prompt.redirectUri).not.toBe(other.prompt.redirectUri);
    await signInAtBrowser(one.prompt.url, { user: 'alice' });
    await one.result;
    const request = one.deps.sent.find(({ path }) => path === '/token')?.body;
    expect(request?.get('redirect_uri')).toBe(one.prompt.redirectUri);
    expect(request?.get('code_verifier')).toMatch(/^[\w-]{43}$/);
  });

  it('S34 shows the verified issuer, the client and until when', async () => {
    const { prompt, deps } = await begin();
    expect(prompt).toMatchObject({ kind: 'browser', issuer: provider.issuer, clientId: 'gprxy-cli' });
    expect(prompt.expiresAt - deps.now()).toBe(600_000);
  });

  it.each(['http://localhost/callback', 'http://[::1]/back', 'http://127.0.0.1/'])(
    'comes back to %s where the profile says so',
    async (redirectUri) => {
      const { prompt, state, comeBack, result } = await begin({ redirectUri });
      const expected = new URL(redirectUri);
      expected.port = new URL(prompt.redirectUri).port;
      expect(prompt.redirectUri).toBe(expected.href);
      await comeBack({ state, error: 'access_denied', iss: provider.issuer });
      expect(await failureOf(result)).toMatchObject({ code: 'ERR_LOGIN_DENIED' });
    },
  );

  it('pushes the request first where the provider wants it that way (RFC 9126)', async () => {
    const deps = withMetadata({ require_pushed_authorization_requests: true });
    const { result, prompt, asked } = await begin({}, undefined, deps);
    expect([...asked.keys()].sort()).toEqual(['client_id', 'request_uri']);
    await signInAtBrowser(prompt.url, { user: 'alice' });
    expect(await result).toMatchObject({ subject: 'alice' });
  });

  it('opens nothing but a web page, and nothing in clear', async () => {
    for (const address of ['http://evil.example/auth', 'javascript:alert(1)', 'file:///etc/passwd', 'vscode://x']) {
      const error = await failureOf(begin({}, undefined, withMetadata({ authorization_endpoint: address })));
      expect(error).toMatchObject({ code: 'ERR_PROVIDER_REFUSED', message: expect.stringContaining('no https URL') });
    }
  });

  it('takes the keys from no line that others could write on', async () => {
    const deps = withMetadata({ jwks_uri: 'http://evil.example/jwks' });
    const { result, prompt } = await begin({}, undefined, deps);
    await signInAtBrowser(prompt.url, { user: 'alice' });
    expect(await failureOf(result)).toMatchObject({ message: expect.stringContaining('unprotected URL') });
  });

  it('refuses to come back to another machine, or to a port that is taken', async () => {
    for (const redirectUri of [
      'http://evil.example/',
      'https://127.0.0.1/',
      'http://127.0.0.1.evil.example/',
      'nonsense',
      'http://a@127.0.0.1/',
    ]) {
      expect(await failureOf(begin({ redirectUri }))).toMatchObject({ code: 'ERR_SOURCE_FAILED' });
    }
    const { prompt } = await begin();
    const taken = await failureOf(begin({ redirectUri: prompt.redirectUri }));
    expect(taken).toMatchObject({ code: 'ERR_SOURCE_FAILED', message: expect.stringContaining('EADDRINUSE') });
  });
});

describe('a login in the browser that is refused', () => {
  it('says that it was denied', async () => {
    const { result, state, comeBack } = await begin();
    const page = await comeBack({
      state,
      error: 'access_denied',
      error_description: 'not <b>you</b>',
      iss: provider.issuer,
    });
    expect(await failureOf(result)).toMatchObject({
      code: 'ERR_LOGIN_DENIED',
      message: expect.stringContaining('access_denied (not <b>you</b>)'),
      hint: 'Run "gprxy login --profile prod".',
    });
    expect(page.status).toBe(403);
    expect(await page.text()).toContain('not &#60;b&#62;you&#60;/b&#62;');
  });

  it('says that the provider is in trouble, or does not allow this flow', async () => {
    const cases = {
      server_error: 'ERR_PROVIDER_UNREACHABLE',
      unauthorized_client: 'ERR_PROVIDER_REFUSED',
      invalid_scope: 'ERR_PROVIDER_REFUSED',
    };
    for (const [error, code] of Object.entries(cases)) {
      const { result, state, comeBack } = await begin();
      await comeBack({ state, error, iss: provider.issuer });
      expect((await failureOf(result)).code).toBe(code);
    }
  });

  it('when the answer comes from another issuer, or does not say whose it is (RFC 9207)', async () => {
    for (const iss of [{ iss: 'https://evil.example' }, {}]) {
      const { result, state, comeBack, deps } = await begin();
      expect((await comeBack({ state, code: 'stolen', ...iss })).status).toBe(502);
      expect(await failureOf(result)).toMatchObject({
        code: 'ERR_PROVIDER_REFUSED',
        message: expect.stringContaining('iss'),
      });
      expect(deps.sent.map(({ path }) => path)).not.toContain('/token');
    }
  });

  it('when the code is not the one that was asked for with this verifier', async () => {
    const [mine, theirs] = [await begin(), await begin()];
    // Login CSRF with the right state: their code, in my browser.
    const stolen = await codeFor(theirs.prompt.url);
    const page = await mine.comeBack({ state: mine.state, code: stolen, iss: provider.issuer });
    expect(await failureOf(mine.result)).toMatchObject({
      code: 'ERR_PROVIDER_REFUSED',
      message: expect.stringContaining('invalid_grant'),
    });
    expect(await page.text()).not.toContain(stolen);
  });

  it('when the ID token carries another nonce, or none', async () => {
    for (const [claims, says] of [
      [{ nonce: 'another' }, 'nonce'],
      [{}, 'nonce'],
    ] as const) {
      const { result, state, comeBack } = await begin();
      const id_token = await provider.signToken({ aud: provider.clientId, ...claims }, { typ: 'JWT' });
      provider.answerNext('token', { status: 200, body: { access_token: 'x', token_type: 'bearer', id_token } });
      await comeBack({ state, code: 'any', iss: provider.issuer });
      expect(await failureOf(result)).toMatchObject({
        code: 'ERR_PROVIDER_REFUSED',
        message: expect.stringContaining(says),
      });
    }
  });

  it('when the provider is gone by the time that the code comes back', async () => {
    const { result, state, comeBack } = await begin();
    await provider.pause();
    const page = await comeBack({ state, code: 'any', iss: provider.issuer });
    expect(page.status).toBe(502);
    expect(await page.text()).toContain('cannot be reached');
    expect(await failureOf(result)).toMatchObject({ code: 'ERR_PROVIDER_UNREACHABLE' });
  });

  it('when nobody comes back', async () => {
    const { result, prompt } = await begin({}, 30);
    expect(await failureOf(result)).toMatchObject({
      code: 'ERR_LOGIN_EXPIRED',
      hint: expect.stringContaining('--device'),
    });
    expect(await answers(prompt.redirectUri)).toBe(false);
  });

  it('at once at Ctrl-C, before and while the code is exchanged, and gives the port back', async () => {
    const waiting = await begin();
    waiting.abort();
    expect(await failureOf(waiting.result)).toMatchObject({ code: 'ERR_ABORTED' });
    expect(await answers(waiting.prompt.redirectUri)).toBe(false);

    const exchanging = await begin();
    await provider.pause('hang');
    const page = exchanging.comeBack({ state: exchanging.state, code: 'any', iss: provider.issuer });
    await expect.poll(() => exchanging.deps.sent.some(({ path }) => path === '/token')).toBe(true);
    exchanging.abort();
    expect(await endsAtOnce(exchanging.result)).toBe(true);
    expect(await failureOf(exchanging.result)).toMatchObject({ code: 'ERR_ABORTED' });
    expect((await page).status).toBe(502);
    expect(await answers(exchanging.prompt.redirectUri)).toBe(false);
  });
});

/** Signs in like a browser that stops before it comes back. */
async function codeFor(url: string): Promise<string> {
  const target = new URL(url);
  const catcher = http.createServer((request, response) => {
    response.end();
    caught(new URL(request.url ?? '', 'http://x').searchParams.get('code') ?? '');
  });
  let caught: (code: string) => void = () => undefined;
  const code = new Promise<string>((resolve) => {
    caught = resolve;
  });
  await new Promise<void>((resolve) => catcher.listen(0, '127.0.0.1', resolve));
  const { port } = catcher.address() as { port: number };
  target.searchParams.set('redirect_uri', `http://127.0.0.1:${port}/callback`);
  await signInAtBrowser(target.href, { user: 'alice' });
  catcher.close();
  return code;
}
