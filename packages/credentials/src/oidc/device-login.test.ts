import { startOidcProvider, type TestProvider } from '@gprxy/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { endsAtOnce, failureOf, settingsFor, testDependencies } from '../dependencies.testing.ts';
import type { StoredLogin } from '../store/stored-login.ts';
import { approve, loginWithDevice, nothing, play } from './device-login.testing.ts';

const deviceCodeTtlSeconds = 120;
let provider: TestProvider;
beforeAll(async () => {
  provider = await startOidcProvider({ interval: 1, deviceCodeTtlSeconds });
});
afterAll(() => provider.stop());
afterEach(() => provider.resume());

describe('device login', () => {
  it('signs a person in and keeps who they are', async () => {
    const { result, deps } = play(provider, {}, approve);
    const login: StoredLogin = await result;
    expect(login).toMatchObject({
      version: 1,
      issuer: provider.issuer,
      clientId: 'gprxy-cli',
      subject: 'alice',
      email: 'alice@corp.example',
      name: 'Alice Example',
      claims: { aud: provider.audience, groups: ['data-eng'] },
    });
    expect(login.refreshToken).toBeTypeOf('string');
    expect(login.expiresAt - deps.now()).toBeGreaterThan(290_000);
  });

  it('S34 shows the verified issuer, the client, the code and when it expires', async () => {
    const startedAt = Date.now();
    const { result, shown } = play(provider, {}, approve);
    await result;
    expect(shown).toEqual([
      {
        kind: 'device',
        issuer: provider.issuer,
        clientId: 'gprxy-cli',
        userCode: expect.stringMatching(/^[A-Z]{4}-[A-Z]{4}$/),
        verificationUri: `${provider.issuer}/device`,
        verificationUriComplete: `${provider.issuer}/device?user_code=${shown[0]?.userCode}`,
        expiresAt: expect.any(Number),
      },
    ]);
    expect(Math.abs((shown[0]?.expiresAt ?? 0) - startedAt - deviceCodeTtlSeconds * 1000)).toBeLessThan(5_000);
  });

  it('asks for scopes, audience and resource, and for consent because of offline_access', async () => {
    const { result, deps } = play(provider, { audience: 'https://api.corp.example' }, approve);
    await result;
    const asked = deps.sent.find(({ path }) => path === '/device/auth')?.body;
    expect(Object.fromEntries(asked ?? [])).toEqual({
      client_id: 'gprxy-cli',
      scope: 'openid email profile offline_access db:connect',
      audience: 'https://api.corp.example',
      resource: provider.audience,
      prompt: 'consent',
    });
  });

  it('does not ask for consent when no refresh token is wanted', async () => {
    const { result, deps } = play(provider, { scopes: ['openid', 'db:connect'] }, approve);
    await result;
    expect(deps.sent.find(({ path }) => path === '/device/auth')?.body.has('prompt')).toBe(false);
  });
});

describe('abort', () => {
  it('stops at once in the pause between two polls', async () => {
    const { sleep: _, ...deps } = testDependencies();
    const controller = new AbortController();
    let isShown = false;
    const show = () => {
      isShown = true;
    };
    const result = failureOf(loginWithDevice(settingsFor(provider), deps, show, controller.signal));
    await expect.poll(() => isShown).toBe(true);
    expect(await endsAtOnce(result)).toBe(false);
    controller.abort();
    expect(await endsAtOnce(result)).toBe(true);
    expect(await result).toMatchObject({ code: 'ERR_ABORTED' });
  });

  it('stops at once while the provider keeps silent', async () => {
    const deps = testDependencies();
    const controller = new AbortController();
    await provider.pause('hang');
    const result = failureOf(loginWithDevice(settingsFor(provider), deps, nothing, controller.signal));
    await expect.poll(() => deps.sent.length).toBe(1);
    controller.abort();
    expect(await endsAtOnce(result)).toBe(true);
    expect(await result).toMatchObject({ code: 'ERR_ABORTED' });
  });

  it('does nothing for a signal that aborted before', async () => {
    const deps = testDependencies();
    const error = await failureOf(loginWithDevice(settingsFor(provider), deps, nothing, AbortSignal.abort()));
    expect(error.code).toBe('ERR_ABORTED');
    expect(deps.sent).toEqual([]);
  });
});
