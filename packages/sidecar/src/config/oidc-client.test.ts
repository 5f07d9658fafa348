import { describe, expect, it } from 'vitest';
import { parseConfig } from './parse-config.ts';

const place = { path: '/etc/gprxy/config.toml', homedir: '/home/alice', runtimeDirectory: '/run/gprxy' };

function prodWith(...keys: string[]) {
  const text = `[profiles.prod]
issuer = "https://login.example"
client_id = "cli"
upstream = "postgresql://gw.example"
${keys.join('\n')}\n`;
  const { profiles, problems } = parseConfig(text, place);
  return problems.get('prod')?.message ?? profiles.get('prod')?.credential;
}

describe('the client of a login', () => {
  it('may have a secret in a file, and an address to come back to', () => {
    expect(prodWith('client_secret_file = "secret"', 'redirect_uri = "http://localhost:15433/callback"')).toMatchObject(
      {
        kind: 'oidc',
        clientSecretFile: '/etc/gprxy/secret',
        redirectUri: 'http://localhost:15433/callback',
      },
    );
  });

  it.each(['http://127.0.0.1/callback', 'http://[::1]:1/', 'http://localhost'])('comes back to %s', (url) => {
    expect(prodWith(`redirect_uri = "${url}"`)).toMatchObject({ redirectUri: url });
  });

  it.each([
    'https://127.0.0.1/callback',
    'http://127.0.0.1.evil.example/',
    'http://localhost@evil.example/',
    'http://10.0.0.1/callback',
    'http://127.0.0.1/callback?code=1',
  ])('does not come back to %s', (url) => {
    expect(prodWith(`redirect_uri = "${url}"`)).toContain('"redirect_uri" must be a loopback URL');
  });
});
