import { startOidcProvider, type TestProvider } from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type InstalledGprxy, installGprxy, type RunningCommand, Shell } from './gprxy-shell.testing.ts';

const upstream = 'postgresql://gateway.corp.example:6432/sales';
const pageWithCode = /With the code filled in: (\S+)/;

let gprxy: InstalledGprxy;
let provider: TestProvider;

beforeAll(async () => {
  [gprxy, provider] = await Promise.all([installGprxy(), startOidcProvider()]);
});
afterAll(async () => {
  await provider.stop();
  await gprxy[Symbol.asyncDispose]();
});

const loginLine = ({ issuer } = provider): string =>
  `gprxy login --insecure-storage --issuer ${issuer} --client-id gprxy-cli --upstream ${upstream}`;

async function pageOf(login: RunningCommand): Promise<string> {
  const [, uri = ''] = await login.says(pageWithCode);
  return uri;
}

describe('a person signs in, looks around, and signs out', () => {
  it('with the device flow', async () => {
    await using shell = await Shell.open(gprxy);

    const login = shell.start(loginLine());
    await login.says(new RegExp(`Sign in at ${new URL(provider.issuer).host} as client gprxy-cli`));
    await login.says(/expires in (10|9) minutes, at \d\d:\d\d/);
    await provider.approve(await pageOf(login), 'alice');
    const signedIn = await login.ended;
    expect(signedIn.stderr).toContain('Signed in as Alice Example <alice@corp.example> (profile "default").');
    expect(signedIn).toMatchObject({ exitCode: 0, stdout: '' });

    const whoami = await shell.run('gprxy whoami');
    expect(whoami).toMatchObject({ exitCode: 0, stderr: '' });
    expect(whoami.stdout).toContain('Alice Example <alice@corp.example>');
    expect(whoami.stdout).toMatch(/store +a plain file/);
    expect(whoami.stdout).toMatch(/roles +data-eng/);

    const json = await shell.run('gprxy whoami --json');
    expect(JSON.parse(json.stdout)).toMatchObject({ version: 1, email: 'alice@corp.example', roles: ['data-eng'] });

    const token = await shell.run('gprxy get-token');
    expect(token).toMatchObject({ exitCode: 0, stderr: '' });
    expect(token.stdout).toMatch(/^eyJ[\w-]+\.[\w-]+\.[\w-]+\n$/);

    const logout = await shell.run('gprxy logout');
    expect(logout).toMatchObject({ exitCode: 0, stdout: '' });
    expect(logout.stderr).toContain('Signed out of profile "default", and the identity provider knows it.');
    expect(await shell.run('gprxy whoami')).toMatchObject({ exitCode: 4, stdout: '' });
    expect(await shell.run('gprxy get-token')).toMatchObject({ exitCode: 4, stdout: '' });
  });

  it('and has two profiles side by side', async () => {
    await using shell = await Shell.open(gprxy);
    for (const [profile, user] of [
      ['prod', 'alice'],
      ['dev', 'bob'],
    ] as const) {
      const login = shell.start(`${loginLine()} --profile ${profile}`);
      await provider.approve(await pageOf(login), user);
      expect(await login.ended).toMatchObject({ exitCode: 0 });
    }
    expect((await shell.run('gprxy whoami')).stdout).toContain('alice@corp.example');
    expect((await shell.run('gprxy whoami --profile dev')).stdout).toContain('bob@corp.example');
    expect((await shell.run('gprxy whoami', { GPRXY_PROFILE: 'dev' })).stdout).toContain('bob@corp.example');
  });
});

describe('a login that comes to nothing', () => {
  it('S33 ends with 5 when the person says no', async () => {
    await using shell = await Shell.open(gprxy);
    const login = shell.start(loginLine());
    await provider.deny(await pageOf(login));
    const { exitCode, stdout, stderr } = await login.ended;
    expect({ exitCode, stdout }, stderr).toEqual({ exitCode: 5, stdout: '' });
    expect(stderr).toMatch(/denied|refused|said no/);
  });

  it('S33 ends with 4 when the code runs out', async () => {
    await using shortLived = await startOidcProvider({ deviceCodeTtlSeconds: 2 });
    await using shell = await Shell.open(gprxy);
    const { exitCode, stderr } = await shell.run(loginLine(shortLived));
    expect(exitCode, stderr).toBe(4);
    expect(stderr).toMatch(/gprxy login/);
  });

  it('ends with 6 when the identity provider is down', async () => {
    const down = await startOidcProvider();
    await down.stop();
    await using shell = await Shell.open(gprxy);
    const { exitCode, stderr } = await shell.run(loginLine(down));
    expect(exitCode, stderr).toBe(6);
    expect(stderr).toContain(new URL(down.issuer).host);
  });

  it('ends with 130 at Ctrl-C, at once', async () => {
    await using shell = await Shell.open(gprxy);
    const interrupted = async (line: string) => {
      const login = shell.start(line);
      await login.says(/waiting for your approval/);
      login.interrupt();
      const { exitCode, stdout, stderr } = await login.ended;
      return { exitCode, stdout, lastWords: stderr.trimEnd().split('\n').at(-1) };
    };
    const lastWords = expect.stringMatching(/^Cancelled\. Nobody was signed in; profile ".*" stays/);
    expect(await interrupted(loginLine())).toEqual({ exitCode: 130, stdout: '', lastWords });
    const again = await interrupted('gprxy login --insecure-storage');
    expect(again).toEqual({ exitCode: 130, stdout: '', lastWords: 'Cancelled. Nothing was changed.' });
  });

  it('ends with 8 where there is no keychain, before anybody has to sign in', async () => {
    await using shell = await Shell.open(gprxy);
    const before = provider.requests('device_authorization');
    const { exitCode, stdout, stderr } = await shell.run(loginLine().replace(' --insecure-storage', ''));
    expect({ exitCode, stdout }, stderr).toEqual({ exitCode: 8, stdout: '' });
    expect(stderr).toContain('--insecure-storage');
    expect(provider.requests('device_authorization')).toBe(before);
  });

  it('ends with 3 where nothing is configured', async () => {
    await using shell = await Shell.open(gprxy);
    for (const line of [
      'gprxy login',
      'gprxy whoami',
      'gprxy get-token',
      'gprxy psql sales',
      'gprxy dsn',
      'gprxy start',
    ]) {
      const { exitCode, stdout, stderr } = await shell.run(line);
      expect({ line, exitCode, stdout }).toEqual({ line, exitCode: 3, stdout: '' });
      expect(stderr).toContain('gprxy login');
    }
  });
});

describe('a token whose time is over', () => {
  it('is renewed, with a word where the new one is short, too, and is asked for again when the login itself is over', async () => {
    await using shortLived = await startOidcProvider({ accessTokenTtlSeconds: 90 });
    await using shell = await Shell.open(gprxy);
    const login = shell.start(loginLine(shortLived));
    await shortLived.approve(await pageOf(login), 'alice');
    await login.ended;

    const first = await shell.run('gprxy get-token');
    expect(await shell.run('gprxy get-token')).toEqual(first);
    const renewed = await shell.run('gprxy get-token --min-ttl 95s');
    expect(renewed).toMatchObject({
      exitCode: 0,
      stderr: expect.stringMatching(/^gprxy: warning: the token expires /),
    });
    expect(renewed.stdout).not.toBe(first.stdout);

    await shortLived.pause();
    const offline = await shell.run('gprxy get-token --min-ttl 95s');
    expect(offline).toMatchObject({ exitCode: 6, stdout: '' });
    expect((await shell.run('gprxy get-token')).stdout).toBe(renewed.stdout);

    await shortLived.resume();
    shortLived.answerNext('token', { status: 400, body: { error: 'invalid_grant' } });
    const over = await shell.run('gprxy get-token --min-ttl 95s');
    expect(over).toMatchObject({ exitCode: 4, stdout: '' });
    expect(over.stderr).toContain('gprxy login --profile default');
  });
});

it('S18 no token is on standard error, in a configuration file or in a message, whatever happens', async () => {
  await using shell = await Shell.open(gprxy, { GPRXY_DEBUG: '1' });
  const login = shell.start(loginLine());
  await provider.approve(await pageOf(login), 'alice');
  const outputs = [await login.ended];
  const token = (await shell.run('gprxy get-token')).stdout.trim();
  for (const line of [
    'gprxy whoami',
    'gprxy whoami --json',
    'gprxy dsn',
    'gprxy status',
    'gprxy psql -c "select 1"',
    'gprxy logout',
  ]) {
    outputs.push(await shell.run(line));
  }
  expect(token).toMatch(/^eyJ/);
  for (const { stdout, stderr } of outputs) expect(stdout + stderr).not.toContain(token.slice(-20));
});
