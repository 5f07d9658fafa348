import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { corpProvider, prodProfile, runInWorld, type TestWorld } from '../../dependencies.testing.ts';
import type { Credentials } from '../../dependencies.ts';
import { parseArguments } from '../../parse-arguments.testing.ts';

const upstream = 'postgresql://gateway.corp.example:6432';
const described = ['--issuer', 'https://login.corp.example', '--client-id', 'gprxy-cli', '--upstream', upstream];

/** Whether what is in it can be used is seen when it is used. */
async function certificateFile(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'gprxy-authority-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const file = join(directory, 'ca.pem');
  await writeFile(file, '-----BEGIN CERTIFICATE-----\n');
  return file;
}

const add = (args: readonly string[], world: TestWorld = {}) => runInWorld(['profiles', 'add', ...args], world);

function providerThat(part: Partial<typeof corpProvider>): { credentials: Partial<Credentials> } {
  return { credentials: { discoverProvider: async () => ({ ...corpProvider, ...part }) } };
}

describe('profiles add: arguments to options', () => {
  it.each([
    {
      args: ['prod', ...described],
      env: {},
      options: { name: 'prod', check: true, issuer: 'https://login.corp.example', clientId: 'gprxy-cli', upstream },
    },
    {
      args: ['prod', '--provider', 'entra', '--tenant', 't', '--api', 'a', '--no-check', '--force', '--json'],
      env: { GPRXY_CLIENT_ID: 'from-env' },
      options: {
        name: 'prod',
        provider: 'entra',
        tenant: 't',
        api: 'a',
        clientId: 'from-env',
        check: false,
        force: true,
        json: true,
      },
    },
    {
      args: ['dev', '--scope', 'openid email', '--listen', 'unix', '--login', 'device', '--user', '{sub}'],
      env: {},
      options: {
        name: 'dev',
        check: true,
        scope: ['openid', 'email'],
        listen: ['unix'],
        login: 'device',
        user: '{sub}',
      },
    },
  ])('reads $args with $env', async ({ args, env, options }) => {
    const call = await parseArguments(['profiles', 'add', ...args], env);
    expect(call).toEqual({ command: 'profilesAdd', options });
  });

  it.each([
    { args: ['prod', '--provider', 'entrra'], says: 'Allowed choices are entra, auth0, okta' },
    { args: ['prod', '--login', 'password'], says: 'Allowed choices are auto, device, browser' },
    { args: ['prod', '--login-on-connect', 'always'], says: 'Allowed choices are off, notice, browser' },
    { args: ['prod'], says: 'a profile needs --issuer and --client-id and --upstream' },
    { args: ['prod', '--issuer', 'https://x.example', '--client-id', 'c'], says: 'a profile needs --upstream\n' },
    { args: ['prod', '--provider', 'entra'], says: '--provider entra needs --tenant and --api' },
    { args: ['a b', ...described], says: '"a b" cannot be a profile name' },
    { args: ['prod', ...described, '--issuer', 'http://x.example'], says: '"issuer" must be an https:// URL' },
    { args: ['prod', ...described, '--user', '{'], says: '"user" has a brace without its partner' },
    { args: ['prod', ...described, '--listen', '0.0.0.0:1'], says: 'can be reached from other machines' },
  ])('refuses $args', async ({ args, says }) => {
    const { exitCode, stdout, stderr } = await add(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(says);
    expect(stderr).toMatch(/Run "gprxy profiles add /);
  });
});

describe('profiles add: options to output', () => {
  it('says what was found and which login will be used, and makes the first profile the default', async () => {
    const { exitCode, stdout, stderr, configFile } = await add(['prod', ...described]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
    expect(stderr.split('\n')).toEqual([
      'Found https://login.corp.example',
      '  login   in the browser on this machine, or by a code where there is none',
      '  scopes  openid email offline_access',
      '  logout  revokes the login',
      `Saved profile "prod" in ${configFile}; it is the default.`,
      'Next: gprxy login --profile prod',
      '',
    ]);
    expect(await readFile(configFile, 'utf8')).toContain('default_profile = "prod"\n\n[profiles.prod]\n');
  });

  it('prints versioned JSON', async () => {
    const { stdout, configFile } = await add(['prod', ...described, '--json']);
    expect(JSON.parse(stdout)).toEqual({
      version: 1,
      profile: 'prod',
      file: configFile,
      replaced: false,
      default: true,
      provider: corpProvider,
      warnings: [],
    });
  });

  it('saves what happens to a client that comes when the login is over', async () => {
    const { configFile } = await add(['prod', ...described, '--login-on-connect', 'notice']);
    expect(await readFile(configFile, 'utf8')).toContain('login_on_connect = "notice"');
  });

  it('saves the issuer as the provider spells it', async () => {
    const found = providerThat({ issuer: 'https://login.corp.example/' });
    const { stderr, configFile } = await add(['prod', ...described], found);
    expect(stderr).toContain('Found https://login.corp.example/ (saved in its own spelling)');
    expect(await readFile(configFile, 'utf8')).toContain('issuer = "https://login.corp.example/"');
  });

  it.each([
    { part: { offersBrowserLogin: false }, says: 'login   by a code in any browser, all that' },
    { part: { offersBrowserLogin: undefined }, says: 'login   by a code in any browser; --browser where' },
    { part: { offersDeviceLogin: false }, says: 'login   in the browser on this machine, all that' },
    { part: { offersRevocation: false }, says: 'logout  forgets it here only' },
    {
      part: { scopes: ['openid', 'email'] },
      says: 'warning: the provider does not list scope "offline_access": you may',
    },
    { part: { scopes: ['openid', 'offline_access'] }, says: 'warning: the provider does not list scope "email"' },
  ])('tells what the provider lacks: $part', async ({ part, says }) => {
    const { exitCode, stderr } = await add(['prod', ...described], providerThat(part));
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.stringContaining(says) });
  });

  it.each([
    {
      args: [],
      part: { offersDeviceLogin: false, offersBrowserLogin: false },
      says: 'offers neither the device login',
    },
    { args: ['--login', 'device'], part: { offersDeviceLogin: false }, says: 'Give --login browser.' },
    { args: ['--login', 'browser'], part: { offersBrowserLogin: false }, says: 'Give --login device.' },
  ])('saves nothing where no login could work: $part', async ({ args, part, says }) => {
    const { exitCode, stderr, configFile } = await add(['prod', ...described, ...args], providerThat(part));
    expect({ exitCode, stderr }).toEqual({ exitCode: 5, stderr: expect.stringContaining(says) });
    await expect(readFile(configFile)).rejects.toThrow('ENOENT');
  });

  it('saves nothing when the provider cannot be reached, and everything with --no-check', async () => {
    const gone = Object.assign(new Error('no answer'), {
      code: 'ERR_PROVIDER_UNREACHABLE',
      hint: 'Check the network.',
    });
    const offline = { credentials: { discoverProvider: () => Promise.reject(gone) } };
    expect(await add(['prod', ...described], offline)).toMatchObject({ exitCode: 6 });
    const { exitCode, stderr } = await add(['prod', ...described, '--no-check'], offline);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.stringContaining('not asked (--no-check)') });
  });

  it.each([
    { dsn: 'postgresql://gw.example?sslmode=disable', says: 'Use sslmode=verify-full' },
    { dsn: 'postgresql://me:secret@gw.example', says: 'it has a password' },
    { dsn: 'postgresql://me@gw.example', says: 'set user = "..." in the profile' },
    { dsn: 'postgresql://gw.example?sslrootcert=/nowhere/ca.pem', says: '"/nowhere/ca.pem" cannot be read (ENOENT)' },
  ])('refuses an upstream that is not safe for a token: $dsn', async ({ dsn, says }) => {
    const { exitCode, stderr } = await add(['prod', ...described, '--upstream', dsn]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 3, stderr: expect.stringContaining(says) });
    expect(stderr).not.toContain('secret@');
  });

  it('warns of an upstream whose name is not checked', async () => {
    const { exitCode, stderr } = await add([
      'prod',
      ...described,
      '--upstream',
      `${upstream}?sslmode=verify-ca&sslrootcert=${await certificateFile()}`,
    ]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.stringContaining('warning: the upstream may') });
  });

  it('does not overwrite a profile, but for --force, which leaves nothing of it', async () => {
    const refused = await add(['prod', ...described], { config: prodProfile });
    expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('replace it with --force') });
    const { exitCode, stderr, configFile } = await add(['prod', ...described, '--force'], {
      config: `${prodProfile}audience = "old"\n`,
    });
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain('Replaced profile "prod"');
    expect(await readFile(configFile, 'utf8')).not.toContain('audience');
  });
});
