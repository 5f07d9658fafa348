import { createRemoteJWKSet, customFetch, jwtVerify } from 'jose';
import { Agent, fetch } from 'undici';
import type { TestProvider } from './test-provider.ts';

/** An answer of the provider, flat. */
interface Reply {
  status: number;
  error?: string;
  device_code?: string;
  verification_uri_complete?: string;
  access_token?: string;
  id_token?: string;
  refresh_token?: string;
}

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

/** What a program does at the provider: a bare client of its endpoints. */
export function clientOf(provider: TestProvider, clientId = provider.clientId) {
  const dispatcher = new Agent({ connect: provider.ca === undefined ? {} : { ca: provider.ca } });
  const call = (path: string, init = {}) => fetch(provider.issuer + path, { dispatcher, ...init });
  const post = async (path: string, fields: Record<string, string>): Promise<Reply> => {
    const response = await call(path, {
      method: 'POST',
      body: new URLSearchParams({ client_id: clientId, ...fields }),
    });
    return { status: response.status, ...((await response.json().catch(() => ({}))) as object) };
  };
  const start = (fields: Record<string, string> = {}) =>
    post('/device/auth', { scope: 'openid email groups offline_access', ...fields });
  const poll = (device_code: string) => post('/token', { grant_type: DEVICE_GRANT, device_code });
  const refresh = (refresh_token: string) => post('/token', { grant_type: 'refresh_token', refresh_token });
  const login = async (user?: string) => {
    const device = await start();
    await provider.approve(device.verification_uri_complete ?? '', user);
    return poll(device.device_code ?? '');
  };
  const jwks = createRemoteJWKSet(new URL(`${provider.issuer}/jwks`), {
    cooldownDuration: 0,
    [customFetch]: (url, init) => call(new URL(url).pathname, init) as unknown as Promise<Response>,
  });
  const verify = async (token = '') =>
    (await jwtVerify(token, jwks, { issuer: provider.issuer, audience: provider.audience, typ: 'at+jwt' })).payload;
  return { call, post, start, poll, refresh, login, verify };
}
