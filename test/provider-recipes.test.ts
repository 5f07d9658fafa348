import { readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadConfig as loadGatewayConfig } from '@gprxy/gateway';
import { loadConfig, type Profile } from '@gprxy/sidecar';
import { createCertificateAuthority, startOidcProvider } from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type InstalledGprxy, installGprxy, Shell } from './gprxy-shell.testing.ts';

const providers = ['entra', 'auth0', 'okta', 'keycloak', 'google', 'oidc-provider'];

let gprxy: InstalledGprxy;
beforeAll(async () => {
  gprxy = await installGprxy();
});
afterAll(() => gprxy[Symbol.asyncDispose]());

/** The blocks of one language in a page. */
function blocks(provider: string, language: string): readonly string[] {
  const page = readFileSync(new URL(`../docs/providers/${provider}.md`, import.meta.url), 'utf8');
  return [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].flatMap(([, name, text = '']) =>
    name === language ? [text] : [],
  );
}

/** A home in which the files that a page names below /etc/gprxy are. */
async function openShell(): Promise<{ shell: Shell; here: (text: string) => string }> {
  const shell = await Shell.open(gprxy);
  const files = join(shell.home, 'files');
  await mkdir(files);
  const authority = await createCertificateAuthority();
  await writeFile(join(files, 'cloud-sql-ca.pem'), authority.certPem);
  await writeFile(join(files, 'google-client-secret'), 'GOCSPX-of-a-test', { mode: 0o600 });
  return { shell, here: (text) => text.replaceAll('/etc/gprxy', files) };
}

/** The only profile of a configuration file. */
async function profileIn(text: string): Promise<Profile> {
  const { profiles, problems } = await loadConfig({
    env: { GPRXY_CONFIG: '/etc/gprxy/config.toml' },
    platform: 'linux',
    homedir: '/home/alice',
    readFile: async () => text,
  });
  expect([...problems.values()]).toEqual([]);
  expect(profiles.size).toBe(1);
  return [...profiles.values()][0] as Profile;
}

describe.each(providers)('the page of %s', (provider) => {
  it('has a profile that loads, and that "gprxy profiles add" writes to the letter', async () => {
    const { shell, here } = await openShell();
    await using _ = shell;
    const [command = ''] = blocks(provider, 'sh');
    const { exitCode, stderr } = await shell.run(`${here(command.trim())} --no-check`);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.stringContaining('Saved profile') });
    const [shown = ''] = blocks(provider, 'toml');
    const path = join(shell.home, 'config', 'gprxy', 'config.toml');
    expect(await profileIn(await readFile(path, 'utf8'))).toEqual(await profileIn(here(shown)));
  });

  it('names a trap or two', () => {
    const page = readFileSync(new URL(`../docs/providers/${provider}.md`, import.meta.url), 'utf8');
    expect(page.slice(page.indexOf('## Traps')).match(/^- \*\*/gm)?.length).toBeGreaterThanOrEqual(2);
  });
});

it.each(providers.filter((name) => name !== 'google'))(
  'the gateway takes the settings of %s, for the same issuer and client',
  async (provider) => {
    const [profile = '', gateway = ''] = blocks(provider, 'toml');
    const config = loadGatewayConfig({
      path: '/etc/gprxy/gateway.toml',
      env: {},
      readFile: () => inGatewayFile(gateway),
    });
    const { credential } = await profileIn(profile);
    const described = credential.kind === 'oidc' ? credential : undefined;
    const [issuer] = config.issuers;
    expect(config.rules).toHaveLength(1);
    expect(issuer?.issuer).toBe(described?.issuer);
    expect(issuer?.clientIds).toEqual([described?.clientId]);
    const audience = described?.audience ?? described?.resource;
    if (audience !== undefined) expect([issuer?.audience].flat()).toEqual([audience]);
  },
);

it('no access token of Google is for the gateway, so there are no settings for it', () => {
  expect(blocks('google', 'toml')).toHaveLength(1);
});

const inGatewayFile = (text: string): string => `listen = "127.0.0.1:6432"

[databases.sales]
upstream = "postgresql://db.corp.example/sales?sslrootcert=ca.crt"
identity = { mode = "login", backend_auth = "cert", cert = "gw.crt", key = "gw.key" }

${text}`;

it('the recipe of oidc-provider works: add, sign in, who am I', async () => {
  await using provider = await startOidcProvider({ audience: 'https://gprxy.corp.example' });
  const { shell } = await openShell();
  await using _ = shell;
  const [command = ''] = blocks('oidc-provider', 'sh');

  const added = await shell.run(command.trim().replace('https://login.corp.example', provider.issuer));
  expect(added).toMatchObject({ exitCode: 0, stdout: '' });
  expect(added.stderr).toContain(`Found ${provider.issuer}`);
  expect(added.stderr).toContain('it is the default');

  const login = shell.start('gprxy login --device --insecure-storage');
  const [, page = ''] = await login.says(/With the code filled in: (\S+)/);
  await provider.approve(page);
  expect(await login.ended).toMatchObject({ exitCode: 0 });

  const { stdout } = await shell.run('gprxy whoami --json');
  expect(JSON.parse(stdout)).toMatchObject({ profile: 'prod', email: 'alice@corp.example', roles: ['data-eng'] });
  const token = (await shell.run('gprxy get-token')).stdout.split('.')[1] ?? '';
  expect(JSON.parse(Buffer.from(token, 'base64url').toString())).toMatchObject({ aud: 'https://gprxy.corp.example' });
});

it('a provider with a certificate authority of its own: refused without it, found with it', async () => {
  const ca = await createCertificateAuthority();
  await using provider = await startOidcProvider({ ca });
  const { shell } = await openShell();
  await using _ = shell;
  await writeFile(join(shell.home, 'login-ca.pem'), ca.certPem);
  const line = `gprxy profiles add prod --issuer ${provider.issuer} --client-id gprxy-cli --upstream postgresql://gw.corp.example`;

  const refused = await shell.run(line);
  expect(refused).toMatchObject({ exitCode: 6, stderr: expect.stringContaining('ca_file') });
  const { exitCode, stderr } = await shell.run(`${line} --ca-file login-ca.pem`);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.stringContaining(`Found ${provider.issuer}`) });
  // The name counted from where it was typed; the file says where that was.
  const { stdout } = await shell.run('gprxy profiles show');
  expect(stdout).toContain(join(shell.home, 'login-ca.pem'));
});
