import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { failureOf, neverAborts, testDependencies } from '../dependencies.testing.ts';
import type { OidcSettings } from '../settings.ts';
import { loginWithDevice } from './device-login.testing.ts';
import type { DevicePrompt } from './login-prompt.ts';

describe('a provider that cannot be trusted', () => {
  /** Metadata and device authorization as given, for what no real provider says. */
  async function startDouble(metadata: Record<string, unknown>, device: Record<string, unknown> = {}) {
    const server = http.createServer((request, response) => {
      response.setHeader('content-type', 'application/json');
      const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const endpoints = {
        issuer: base,
        device_authorization_endpoint: `${base}/device`,
        token_endpoint: `${base}/token`,
      };
      const codes = {
        device_code: 'd',
        user_code: 'ABCD',
        verification_uri: `${base}/go`,
        expires_in: 60,
        interval: 1,
      };
      response.end(
        JSON.stringify(request.url?.startsWith('/.well') ? { ...endpoints, ...metadata } : { ...codes, ...device }),
      );
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    return { issuer: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, clientId: 'c', scopes: ['openid'] };
  }

  async function refusal(settings: OidcSettings) {
    const shown: DevicePrompt[] = [];
    const deps = testDependencies();
    const error = await failureOf(loginWithDevice(settings, deps, (prompt) => shown.push(prompt), neverAborts));
    expect(shown).toEqual([]);
    return { error, deps };
  }

  it('refuses http but for loopback, without a request', async () => {
    for (const issuer of [
      'http://login.corp.example',
      'ftp://127.0.0.1',
      'login.corp.example',
      'http://127.0.0.1.evil.example',
    ]) {
      const { error, deps } = await refusal({ issuer, clientId: 'c', scopes: [] });
      expect(error.code).toBe('ERR_PROVIDER_REFUSED');
      expect(deps.sent).toEqual([]);
    }
  });

  it('refuses an issuer that calls itself something else', async () => {
    const { error } = await refusal(await startDouble({ issuer: 'https://evil.example' }));
    expect(error.code).toBe('ERR_PROVIDER_REFUSED');
    expect(error.message).toContain('it calls itself https://evil.example');
  });

  it('S34 refuses to show an address that is no web page, or would steer the terminal', async () => {
    for (const uri of ['javascript:alert(1)', 'file:///etc/passwd', 'http://evil.example/device', 'nonsense']) {
      const settings = await startDouble({}, { verification_uri: uri });
      expect((await refusal(settings)).error.message).toContain('verification address');
      const complete = await startDouble({}, { verification_uri_complete: uri });
      expect((await refusal(complete)).error.message).toContain('verification address');
    }
  });

  it('S34 refuses to show a user code that would steer the terminal', async () => {
    const { error } = await refusal(await startDouble({}, { user_code: 'AB\u001b[2JCD' }));
    expect(error.message).toContain('user code');
  });

  it('sends nothing to an endpoint in clear', async () => {
    const { error, deps } = await refusal(
      await startDouble({ device_authorization_endpoint: 'http://192.0.2.1/device' }),
    );
    expect(error).toMatchObject({ code: 'ERR_PROVIDER_REFUSED', message: expect.stringContaining('unprotected URL') });
    expect(deps.sent.map(({ path }) => path)).toEqual(['/.well-known/openid-configuration']);
  });

  it('says so when there is no device authorization', async () => {
    const { error } = await refusal(await startDouble({ device_authorization_endpoint: undefined }));
    expect(error).toMatchObject({ code: 'ERR_PROVIDER_REFUSED', hint: expect.stringContaining('device grant') });
  });

  it('says whether nobody is there or the certificate is not trusted', async () => {
    const { error } = await refusal({ issuer: 'http://127.0.0.1:1', clientId: 'c', scopes: [] });
    expect(error).toMatchObject({ code: 'ERR_PROVIDER_UNREACHABLE', message: expect.stringContaining('127.0.0.1:1') });
  });
});
