import { describe, expect, it } from 'vitest';
import { audienceParameters, settingsFor } from './audience-parameters.ts';

const usual = {
  issuer: 'https://login.corp.example',
  clientId: 'c',
  resource: 'https://gprxy.corp.example',
  scopes: ['openid', 'email'],
};
const entra = { issuer: 'https://login.microsoftonline.com/tenant/v2.0', clientId: 'c', scopes: ['openid'] };

describe('what a refresh asks with for', () => {
  it.each([
    {
      what: 'a URI',
      settings: usual,
      target: { audience: 'https://a.example' },
      asks: { audience: 'https://a.example', resource: 'https://a.example' },
    },
    { what: 'a name', settings: usual, target: { audience: 'reports' }, asks: { audience: 'reports' } },
    {
      what: 'a URI with a fragment, which RFC 8707 forbids',
      settings: usual,
      target: { audience: 'https://a.example#x' },
      asks: { audience: 'https://a.example#x' },
    },
    {
      what: 'other scopes',
      settings: usual,
      target: { scopes: ['a', 'b'] },
      asks: { resource: usual.resource, scope: 'a b' },
    },
    {
      what: 'an API at Entra',
      settings: entra,
      target: { audience: 'https://database.windows.net/' },
      asks: { scope: 'https://database.windows.net/.default' },
    },
    {
      what: 'a scope at Entra',
      settings: entra,
      target: { audience: 'api://x', scopes: ['api://x/read'] },
      asks: { scope: 'api://x/read' },
    },
  ])('$what', ({ settings, target, asks }) => {
    expect(audienceParameters(settings, target)).toEqual(asks);
  });
});

it('another audience takes the place of the one in the settings, and nothing else', () => {
  const settings = { ...usual, audience: 'x', kind: 'client-credentials' };
  expect(settingsFor(settings, { audience: 'reports' })).toEqual({
    kind: 'client-credentials',
    issuer: usual.issuer,
    clientId: 'c',
    audience: 'reports',
    scopes: usual.scopes,
  });
});
