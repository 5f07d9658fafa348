import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { has, startKeyring, startOidcProvider, type TestProvider } from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { examine } from './doctor.testing.ts';
import { type InstalledGprxy, installGprxy, Shell } from './gprxy-shell.testing.ts';

let gprxy: InstalledGprxy;
let provider: TestProvider;

beforeAll(async () => {
  [gprxy, provider] = await Promise.all([installGprxy(), startOidcProvider()]);
});
afterAll(async () => {
  await provider.stop();
  await gprxy[Symbol.asyncDispose]();
});

/** A person with a configuration, who may not have signed in yet. Nobody answers at the upstream. */
async function openShell(env: Readonly<Record<string, string>> = {}): Promise<Shell> {
  const shell = await Shell.open(gprxy, env);
  const directory = join(shell.home, 'config/gprxy');
  await mkdir(directory, { recursive: true });
  const profile = [`issuer = "${provider.issuer}"`, 'client_id = "gprxy-cli"', 'upstream = "postgresql://localhost:1"'];
  await writeFile(join(directory, 'config.toml'), ['[profiles.prod]', ...profile, ''].join('\n'));
  return shell;
}

async function changeLogin(shell: Shell, change: object): Promise<void> {
  const file = join(shell.home, 'state/logins/prod.json');
  await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, 'utf8')), ...change }));
}

/** The access token is no longer any good. */
const outlive = (shell: Shell) => changeLogin(shell, { expiresAt: 0 });

async function signIn(shell: Shell, option = ''): Promise<void> {
  const login = shell.start(`gprxy login --no-open --device ${option}`);
  await provider.approve((await login.says(/With the code filled in: (\S+)/))[1] ?? '', 'alice');
  expect(await login.ended).toMatchObject({ exitCode: 0 });
}

describe('gprxy doctor on logins and where they are kept', () => {
  it('finds that there is no configuration', async () => {
    await using shell = await Shell.open(gprxy);
    const { exitCode, about } = await examine(shell);
    expect(exitCode).toBe(3);
    expect(about('configuration').message).toContain('there are no profiles yet');
    expect(about('configuration').hint).toMatch(/gprxy (login|profiles add)/);
  });

  it('finds that there is no keychain', async () => {
    await using shell = await openShell();
    const { exitCode, about } = await examine(shell);
    expect(exitCode).toBe(8);
    expect(about('token store')).toMatchObject({
      verdict: 'problem',
      message: expect.stringContaining('no usable keychain'),
    });
    expect(about('token store').hint).toContain('--insecure-storage');
    expect(about('login')).toMatchObject({ verdict: 'skipped' });
  });

  it.runIf(has.keyring)('tells a locked keychain from one without a login', async () => {
    await using keyring = await startKeyring();
    await using shell = await openShell(keyring.env);
    const unlocked = await examine(shell);
    expect(unlocked.exitCode).toBe(4);
    expect(unlocked.about('token store')).toMatchObject({ verdict: 'ok', message: 'the OS keychain' });
    expect(unlocked.about('login').message).toMatch(/nobody is (logged|signed) in/);
    await keyring.lock();
    const locked = await examine(shell);
    expect(locked.exitCode).toBe(8);
    expect(locked.about('token store').message).toContain('locked');
    expect(locked.about('login')).toMatchObject({ verdict: 'skipped' });
  });

  it('finds that nobody is signed in', async () => {
    await using shell = await openShell();
    await mkdir(join(shell.home, 'state/store-choice'), { recursive: true, mode: 0o700 });
    await writeFile(join(shell.home, 'state/store-choice/prod.json'), '{"version":1,"store":"file"}');
    const { exitCode, about } = await examine(shell);
    expect(exitCode).toBe(4);
    expect(about('token store').message).toContain('a plain file');
    expect(about('login')).toMatchObject({ verdict: 'problem', hint: 'Run "gprxy login --profile prod".' });
    expect(about('audience')).toMatchObject({ verdict: 'skipped' });
  });

  it('finds that a login has been ended elsewhere', async () => {
    await using shell = await openShell();
    await signIn(shell, '--insecure-storage');
    await outlive(shell);
    provider.answerNext('token', { status: 400, body: { error: 'invalid_grant' } });
    const { exitCode, stdout } = await shell.run('gprxy doctor');
    expect(exitCode, stdout).toBe(4);
    expect(stdout).toMatch(/problem {2}login .*has expired: invalid_grant/);
    expect(stdout).toContain('Run "gprxy login --profile prod".');
  });

  it('warns of a login that nothing renews', async () => {
    await using shell = await openShell();
    await signIn(shell, '--insecure-storage');
    await changeLogin(shell, { refreshToken: undefined });
    const { about } = await examine(shell);
    expect(about('login')).toMatchObject({ verdict: 'warning', hint: expect.stringContaining('offline_access') });
  });

  it.each([
    {
      token: 'without an audience',
      accessToken: () => provider.signToken({ aud: undefined }),
      about: { verdict: 'problem', message: 'the token has no audience ("aud")' },
      exitCode: 3,
    },
    {
      token: 'that is opaque',
      accessToken: async () => 'opaque-to-everybody',
      about: { verdict: 'warning', message: expect.stringContaining('the token is opaque') },
      exitCode: 7,
    },
    {
      token: 'for the client itself',
      accessToken: () => provider.signToken({ aud: 'gprxy-cli' }),
      about: { verdict: 'warning', message: expect.stringContaining('the token is for the client itself') },
      exitCode: 7,
    },
  ])('finds a token $token', async ({ accessToken, about, exitCode }) => {
    await using shell = await openShell();
    await signIn(shell, '--insecure-storage');
    await outlive(shell);
    const body = { access_token: await accessToken(), token_type: 'Bearer', expires_in: 300 };
    provider.answerNext('token', { status: 200, body });
    expect(await shell.run('gprxy get-token')).toMatchObject({ exitCode: 0 });
    const report = await examine(shell);
    expect(report.about('audience')).toMatchObject({ ...about, hint: expect.stringContaining('Set audience') });
    // Nobody answers at the upstream, which comes later.
    expect(report.exitCode).toBe(exitCode);
  });
});
