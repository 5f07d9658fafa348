import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { startOidcProvider } from '@gprxy/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { failureOf, neverAborts, testDependencies } from '../dependencies.testing.ts';
import { type DiscoverOptions, discoverProvider, offersBrowserLogin } from './discover-provider.ts';

function asking(issuer: string): DiscoverOptions {
  return { issuer, clientId: 'cli', deps: testDependencies(), signal: neverAborts };
}

/** A provider that says of itself what the test wants; `issuer` is below its address. */
async function startDouble(path: string, metadata: Record<string, unknown> = {}): Promise<string> {
  const server = http.createServer((request, response) => {
    const { port } = server.address() as AddressInfo;
    const issuer = `http://127.0.0.1:${port}${path}`;
    const found = request.url === `${path.replace(/\/$/, '')}/.well-known/openid-configuration`;
    response.writeHead(found ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ issuer, token_endpoint: `${issuer}/token`, ...metadata }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
}

it('tells what a real provider offers', async () => {
  await using provider = await startOidcProvider();
  expect(await discoverProvider(asking(provider.issuer))).toEqual({
    issuer: provider.issuer,
    tokenEndpoint: `${provider.issuer}/token`,
    offersDeviceLogin: true,
    offersBrowserLogin: true,
    offersRevocation: true,
    scopes: expect.arrayContaining(['openid', 'offline_access', 'email']),
  });
});

describe('what a provider does not say', () => {
  it.each([
    { metadata: {}, browser: false },
    { metadata: { authorization_endpoint: 'https://id.example/a' }, browser: undefined },
    {
      metadata: { authorization_endpoint: 'https://id.example/a', code_challenge_methods_supported: ['plain'] },
      browser: false,
    },
    {
      metadata: { authorization_endpoint: 'https://id.example/a', response_types_supported: ['id_token'] },
      browser: false,
    },
  ])('is not taken for granted: $metadata', async ({ metadata, browser }) => {
    const description = await discoverProvider(asking(await startDouble('', metadata)));
    expect(description).toMatchObject({
      offersDeviceLogin: false,
      offersBrowserLogin: browser,
      offersRevocation: false,
    });
    expect(description.scopes).toBeUndefined();
  });
});

it.each([
  { issuer: 'https://login.microsoftonline.com/t/v2.0', offered: true },
  { issuer: 'https://login.microsoftonline.com.evil.example/t/v2.0', offered: undefined },
])('knows of Entra that it does PKCE, though its metadata does not say so: $issuer', ({ issuer, offered }) => {
  expect(offersBrowserLogin({ issuer, authorization_endpoint: `${issuer}/authorize` })).toBe(offered);
});

describe('an issuer that is spelled otherwise', () => {
  it.each([
    { real: '/realms/corp', typed: '/realms/corp/' },
    { real: '/oauth2/default/', typed: '/oauth2/default' },
  ])('is named: $typed for $real', async ({ real, typed }) => {
    const issuer = await startDouble(real);
    const error = await failureOf(discoverProvider(asking(issuer.replace(real, typed))));
    expect(error).toMatchObject({
      code: 'ERR_PROVIDER_REFUSED',
      hint: expect.stringMatching(`give --issuer ${issuer}$`),
    });
  });

  it('is no surprise where the path is empty: the provider has its own spelling', async () => {
    const issuer = await startDouble('/');
    expect((await discoverProvider(asking(issuer.slice(0, -1)))).issuer).toBe(issuer);
  });

  it('is refused where it is another one', async () => {
    const issuer = await startDouble('', { issuer: 'https://other.example' });
    const error = await failureOf(discoverProvider(asking(issuer)));
    expect(error.message).toContain('it calls itself https://other.example');
    expect(error.hint).toContain('/.well-known/openid-configuration');
  });
});

it('tells an address without a provider from one that cannot be reached', async () => {
  const issuer = await startDouble('/tenant');
  const elsewhere = issuer.replace('/tenant', '/typo');
  expect(await failureOf(discoverProvider(asking(elsewhere)))).toMatchObject({ code: 'ERR_PROVIDER_REFUSED' });
  const unused = asking('http://127.0.0.1:1');
  expect(await failureOf(discoverProvider(unused))).toMatchObject({ code: 'ERR_PROVIDER_UNREACHABLE' });
});
