import { describe, expect, it } from 'vitest';
import { testDependencies } from '../dependencies.testing.ts';
import { CredentialError } from '../errors.ts';
import { type BrowserHere, chooseFlow, type LoginFlow } from './choose-flow.ts';

const issuer = 'https://id.example';
const device = { device_authorization_endpoint: `${issuer}/device` };
const code = { authorization_endpoint: `${issuer}/auth`, response_types_supported: ['code'] };
const pkce = { ...code, code_challenge_methods_supported: ['plain', 'S256'] };
const onlyPlain = { ...code, code_challenge_methods_supported: ['plain'] };
const implicit = { ...code, response_types_supported: ['token'] };

const screen: BrowserHere = { canOpen: true };
const ssh: BrowserHere = { canOpen: false, why: 'this is an SSH session' };

function choose(metadata: object, wanted: LoginFlow | 'auto', browser: BrowserHere) {
  const settings = { issuer, clientId: 'cli', scopes: [] };
  const task = { settings, deps: testDependencies(), signal: new AbortController().signal, account: 'prod' };
  try {
    return chooseFlow(task, { issuer, ...metadata }, wanted, browser);
  } catch (error) {
    return error instanceof CredentialError ? { code: error.code, hint: error.hint } : error;
  }
}

describe('which way to sign in', () => {
  it.each([
    ['both offered, a screen', { ...device, ...pkce }, screen, 'browser', 'a browser can be opened here'],
    ['both offered, no screen', { ...device, ...pkce }, ssh, 'device', 'this is an SSH session'],
    ['PKCE not spoken of', { ...device, ...code }, screen, 'device', 'does not say that it knows PKCE'],
    ['PKCE by plain only', { ...device, ...onlyPlain }, screen, 'device', 'no login in the browser with PKCE'],
    ['no code flow', { ...device, ...implicit }, screen, 'device', 'no login in the browser with PKCE'],
    ['no device grant, a screen', pkce, screen, 'browser', 'a browser can be opened here'],
    ['no device grant, no screen', pkce, ssh, 'browser', 'offers no login by code'],
    ['no device grant, PKCE not spoken of', code, screen, 'browser', 'offers no login by code'],
  ] as const)('S34 is chosen and explained: %s', (_case, metadata, browser, flow, why) => {
    expect(choose(metadata, 'auto', browser)).toEqual({ flow, why: expect.stringContaining(why) });
  });

  it('is as the person says, without an explanation', () => {
    expect(choose({ ...device, ...pkce }, 'device', screen)).toEqual({ flow: 'device' });
    expect(choose({ ...device, ...pkce }, 'browser', ssh)).toEqual({ flow: 'browser' });
    expect(choose({ ...device, ...code }, 'browser', ssh)).toEqual({ flow: 'browser' });
  });

  it('is the other one where the provider does not offer what was asked for', () => {
    expect(choose(pkce, 'device', ssh)).toEqual({
      code: 'ERR_PROVIDER_REFUSED',
      hint: 'Run "gprxy login --profile prod --browser".',
    });
    expect(choose({ ...device, ...onlyPlain }, 'browser', screen)).toEqual({
      code: 'ERR_PROVIDER_REFUSED',
      hint: 'Run "gprxy login --profile prod --device".',
    });
  });

  it('is none where the provider offers neither', () => {
    for (const wanted of ['auto', 'device', 'browser'] as const) {
      expect(choose(implicit, wanted, screen)).toEqual({
        code: 'ERR_PROVIDER_REFUSED',
        hint: expect.stringContaining('administrator'),
      });
    }
  });
});
