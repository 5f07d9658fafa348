import { describe, expect, it } from 'vitest';
import { type ProviderName, providerNames } from './provider-names.ts';
import { presetSettings, providerPresets } from './provider-presets.ts';

const settingsOf = (provider: ProviderName, given: object) =>
  presetSettings({ name: 'prod', check: true, provider, ...given });

describe('presets', () => {
  it.each([
    { provider: 'entra', given: { tenant: 't-1', api: 'a-1' }, issuer: 'https://login.microsoftonline.com/t-1/v2.0' },
    { provider: 'auth0', given: { domain: 'corp.eu.auth0.com', audience: 'x' }, issuer: 'https://corp.eu.auth0.com/' },
    {
      provider: 'auth0',
      given: { domain: 'https://id.corp.example/', audience: 'x' },
      issuer: 'https://id.corp.example/',
    },
    { provider: 'okta', given: { domain: 'corp.okta.com' }, issuer: 'https://corp.okta.com/oauth2/default' },
    {
      provider: 'okta',
      given: { domain: 'corp.okta.com', server: 'aus1' },
      issuer: 'https://corp.okta.com/oauth2/aus1',
    },
    {
      provider: 'keycloak',
      given: { url: 'https://sso.corp.example/auth/', realm: 'our corp' },
      issuer: 'https://sso.corp.example/auth/realms/our%20corp',
    },
    { provider: 'google', given: { clientSecretFile: 'secret' }, issuer: 'https://accounts.google.com' },
    { provider: 'oidc-provider', given: { issuer: 'https://id.example', resource: 'r' }, issuer: 'https://id.example' },
  ] as const)('know the issuer of $provider: $issuer', ({ provider, given, issuer }) => {
    expect(settingsOf(provider, given).issuer).toBe(issuer);
  });

  it.each([
    { api: 'a-1', scope: 'api://a-1/.default' },
    { api: 'api://a-1', scope: 'api://a-1/.default' },
    { api: 'https://gprxy.corp.example', scope: 'https://gprxy.corp.example/.default' },
  ])('ask Entra for a token of the application itself: $scope', ({ api, scope }) => {
    expect(settingsOf('entra', { tenant: 't', api }).scopes).toContain(scope);
  });

  it('leave offline_access out at Google, which refuses it, and nowhere else', () => {
    const given = {
      tenant: 't',
      api: 'a',
      domain: 'd',
      audience: 'x',
      url: 'u',
      realm: 'r',
      issuer: 'i',
      resource: 'x',
    };
    const without = providerNames.filter((provider) => {
      const { scopes } = settingsOf(provider, { ...given, clientSecretFile: 'f' });
      return !scopes?.includes('offline_access');
    });
    expect(without).toEqual(['google']);
  });

  it.each(providerNames)('of %s names what it needs, and a command line that has it', (provider) => {
    const { needs, example } = providerPresets[provider];
    expect(() => settingsOf(provider, {})).toThrow(`--provider ${provider} needs --`);
    for (const option of needs) expect(example).toContain(option.replace('clientSecretFile', 'client-secret-file'));
  });
});
