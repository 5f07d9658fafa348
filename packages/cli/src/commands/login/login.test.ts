import type { BrowserPrompt, LoginPrompt } from '@gprxy/credentials';
import { describe, expect, it } from 'vitest';
import {
  aliceLogin,
  alicePrompt,
  prodProfile,
  runInWorld,
  type TestWorld,
  testNow,
} from '../../dependencies.testing.ts';
import type { Credentials } from '../../dependencies.ts';
import { parseArguments } from '../../parse-arguments.testing.ts';

const newProfile = ['--issuer', 'https://id.example', '--client-id', 'cli', '--upstream', 'postgresql://gw.example'];

describe('login: arguments to options', () => {
  it.each([
    { args: [], env: {}, options: { open: true } },
    { args: ['--device', '--no-open'], env: {}, options: { open: false, device: true } },
    { args: ['--browser'], env: {}, options: { open: true, browser: true } },
    { args: [], env: { GPRXY_BROWSER: '1' }, options: { open: true, browser: true } },
    { args: ['--device'], env: { GPRXY_BROWSER: '1' }, options: { open: true, device: true } },
    { args: ['--browser'], env: { GPRXY_DEVICE: '1' }, options: { open: true, browser: true } },
    { args: ['--insecure-storage'], env: {}, options: { open: true, insecureStorage: true } },
    {
      args: [...newProfile, '--profile', 'dev', '--audience', 'api', '--user', '{sub}'],
      env: {},
      options: {
        open: true,
        profile: 'dev',
        issuer: 'https://id.example',
        clientId: 'cli',
        upstream: 'postgresql://gw.example',
        audience: 'api',
        user: '{sub}',
      },
    },
    {
      args: ['--scope', 'openid email', '--scope', 'groups', '--listen', 'unix', '--listen', '127.0.0.1:0'],
      env: {},
      options: { open: true, scope: ['openid', 'email', 'groups'], listen: ['unix', '127.0.0.1:0'] },
    },
    {
      args: ['--issuer', 'https://flag.example'],
      env: { GPRXY_ISSUER: 'https://env.example', GPRXY_CLIENT_ID: 'from-env', GPRXY_NO_OPEN: '1' },
      options: { open: false, issuer: 'https://flag.example', clientId: 'from-env' },
    },
    { args: [], env: { GPRXY_SCOPE: 'openid email' }, options: { open: true, scope: ['openid', 'email'] } },
    { args: [], env: { GPRXY_INSECURE_STORAGE: '1' }, options: { open: true, insecureStorage: true } },
    { args: [], env: { GPRXY_INSECURE_STORAGE: '0' }, options: { open: true } },
    { args: ['--no-insecure-storage'], env: {}, options: { open: true, insecureStorage: false } },
    {
      args: ['--no-insecure-storage'],
      env: { GPRXY_INSECURE_STORAGE: '1' },
      options: { open: true, insecureStorage: false },
    },
  ])('reads $args with $env', async ({ args, env, options }) => {
    expect(await parseArguments(['login', ...args], env)).toEqual({ command: 'login', options });
  });
});

describe('login: options to output', () => {
  it('S34 shows the host, the client, the code, the page and the expiry, and who signed in; all of it on standard error', async () => {
    const { exitCode, stdout, stderr } = await runInWorld(['login'], { config: prodProfile });
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
    expect(stderr).toContain('Sign in at login.corp.example as client gprxy-cli:');
    expect(stderr).toContain('https://login.corp.example/device\n');
    expect(stderr).toContain('WDJB-MJHT');
    expect(stderr).toMatch(/expires in 10 minutes, at \d\d:\d\d/);
    expect(stderr).toContain('waiting for your approval...');
    expect(stderr).toContain('Signed in as Alice Example <alice@corp.example> (profile "prod").');
    expect(stderr).toMatch(/login kept in +the OS keychain/);
    expect(stderr).toMatch(/token expires +in 1 hour; renewed by itself/);
  });

  it('draws a QR code and colours only on a terminal that can show them', async () => {
    const utf8 = { LANG: 'C.UTF-8' };
    const onTerminal = await runInWorld(['login'], { config: prodProfile, tty: true, env: utf8 });
    expect(onTerminal.stderr).toMatch(/[▀▄█]{5}/);
    expect(onTerminal.stderr).toContain('\u001B[');
    const inFile = await runInWorld(['login'], { config: prodProfile, env: utf8 });
    expect(inFile.stderr).not.toMatch(/[▀▄█]/);
    expect(inFile.stderr).not.toContain('\u001B');
    const narrow = await runInWorld(['login'], { config: prodProfile, tty: true, columns: 20, env: utf8 });
    expect(narrow.stderr).not.toMatch(/[▀▄█]{5}/);
  });

  it('keeps NO_COLOR', async () => {
    const env = { NO_COLOR: '1', TERM: 'dumb' };
    const { stderr } = await runInWorld(['login'], { config: prodProfile, tty: true, env });
    expect(stderr).not.toContain('\u001B');
  });

  it.each([
    { where: 'a desktop', tty: true, env: { DISPLAY: ':0' }, args: [], opened: 1 },
    { where: 'a desktop with --no-open', tty: true, env: { DISPLAY: ':0' }, args: ['--no-open'], opened: 0 },
    { where: 'a terminal without a screen', tty: true, env: {}, args: [], opened: 0 },
    { where: 'a pipe', tty: false, env: { DISPLAY: ':0' }, args: [], opened: 0 },
  ])('opens the page with the code filled in $opened times on $where', async ({ tty, env, args, opened }) => {
    const { openedPages } = await runInWorld(['login', ...args], { config: prodProfile, tty, env });
    expect(openedPages).toEqual(Array(opened).fill(alicePrompt.verificationUriComplete));
  });

  it('says it where no window opens, and goes on', async () => {
    const { exitCode, stderr } = await runInWorld(['login'], {
      config: prodProfile,
      tty: true,
      env: { DISPLAY: ':0' },
      openBrowser: () => Promise.reject(new Error('no xdg-open')),
    });
    expect(stderr).toContain('The browser could not be opened; open the page yourself.');
    expect(exitCode).toBe(0);
  });

  it('does not hand anything but a web page to the desktop', async () => {
    const { openedPages } = await runInWorld(['login'], {
      config: prodProfile,
      tty: true,
      env: { DISPLAY: ':0' },
      credentials: { login: showing({ verificationUriComplete: 'file:///etc/passwd' }) },
    });
    expect(openedPages).toEqual([]);
  });

  it('S34 shows the host, the client, the address and the expiry of a login in the browser, and where it comes back to', async () => {
    const { exitCode, stderr, openedPages } = await runInWorld(['login'], {
      config: prodProfile,
      tty: true,
      env: { DISPLAY: ':0', NO_COLOR: '1' },
      credentials: { login: asking({ ...browserPrompt, why: 'a browser can be opened here' }) },
    });
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain(
      'Signing in with the browser, because a browser can be opened here. The other way: --device.',
    );
    expect(stderr).toContain('Sign in at login.corp.example as client gprxy-cli:');
    expect(stderr).toContain(`  open    ${browserPrompt.url}\n`);
    expect(stderr).toMatch(/expires in 10 minutes, at \d\d:\d\d/);
    expect(stderr).toContain('comes back to http://127.0.0.1:45678/callback.');
    expect(openedPages).toEqual([browserPrompt.url]);
  });

  it('leaves the window of a login that it joined to whoever began that', async () => {
    const { stderr, openedPages } = await runInWorld(['login'], {
      config: prodProfile,
      tty: true,
      env: { DISPLAY: ':0' },
      credentials: { login: asking({ ...browserPrompt, begunBy: 4711 }) },
    });
    expect(stderr).toContain('Joining the login with the browser that process 4711 has begun.');
    expect(openedPages).toEqual([]);
  });

  it.each<{ flow: string; args: string[]; config: string; world: TestWorld; canOpen: boolean | string }>([
    { flow: 'auto', args: [], config: '', world: { tty: true, env: { DISPLAY: ':0' } }, canOpen: true },
    { flow: 'auto', args: [], config: '', world: { tty: true, env: { WAYLAND_DISPLAY: 'w' } }, canOpen: true },
    { flow: 'auto', args: [], config: '', world: { tty: true, platform: 'darwin' }, canOpen: true },
    { flow: 'auto', args: [], config: '', world: { tty: true, platform: 'win32' }, canOpen: true },
    { flow: 'auto', args: [], config: '', world: { tty: true, env: { WSL_DISTRO_NAME: 'Debian' } }, canOpen: true },
    { flow: 'auto', args: [], config: '', world: { tty: true }, canOpen: 'no screen' },
    { flow: 'auto', args: [], config: '', world: { env: { DISPLAY: ':0' } }, canOpen: 'nobody sits at a terminal' },
    { flow: 'auto', args: [], config: '', world: { tty: true, env: { DISPLAY: ':0', CI: '1' } }, canOpen: 'CI' },
    {
      flow: 'auto',
      args: [],
      config: '',
      world: { tty: true, env: { DISPLAY: ':10', SSH_CONNECTION: 'x' } },
      canOpen: 'SSH',
    },
    {
      flow: 'auto',
      args: [],
      config: '',
      world: { tty: true, platform: 'darwin', env: { SSH_TTY: 'x' } },
      canOpen: 'SSH',
    },
    {
      flow: 'auto',
      args: ['--no-open'],
      config: '',
      world: { tty: true, env: { DISPLAY: ':0' } },
      canOpen: '--no-open',
    },
    {
      flow: 'device',
      args: ['--device'],
      config: 'login = "browser"',
      world: { tty: true, env: { DISPLAY: ':0' } },
      canOpen: true,
    },
    { flow: 'browser', args: ['--browser'], config: 'login = "device"', world: {}, canOpen: 'terminal' },
    { flow: 'browser', args: [], config: 'login = "browser"', world: {}, canOpen: 'terminal' },
    {
      flow: 'device',
      args: [],
      config: 'login = "device"',
      world: { tty: true, env: { DISPLAY: ':0' } },
      canOpen: true,
    },
  ])('asks for $flow, given $args, "$config" and $world', async ({ flow, args, config, world, canOpen }) => {
    const asked: Parameters<Credentials['login']>[0][] = [];
    const login: Credentials['login'] = async (options) => {
      asked.push(options);
      return aliceLogin;
    };
    await runInWorld(['login', ...args], { ...world, config: `${prodProfile}${config}\n`, credentials: { login } });
    const browser = canOpen === true ? { canOpen } : { canOpen: false, why: expect.stringContaining(String(canOpen)) };
    expect(asked).toMatchObject([{ flow, browser }]);
  });

  it('writes one line, not one a second, where a terminal has no columns', async () => {
    const { stderr } = await runInWorld(['login'], { config: prodProfile, tty: true, columns: 0 });
    expect(stderr.split('waiting for your approval').length).toBe(2);
    expect(stderr).toContain('waiting for your approval...\n');
  });

  it('lets no text of the provider steer the terminal', async () => {
    const { stderr } = await runInWorld(['login'], {
      config: prodProfile,
      credentials: { login: showing({ userCode: 'AB\u001B[2J\u202ECD' }) },
    });
    expect(stderr).toContain('AB[2JCD');
  });

  it('warns that --insecure-storage is plain text, and says where the login went', async () => {
    const { stderr } = await runInWorld(['login', '--insecure-storage'], { config: prodProfile });
    expect(stderr).toContain('warning: the login is kept unencrypted');
    expect(stderr).toContain('a plain file (--insecure-storage)');
  });

  it.each([
    { code: 'ERR_LOGIN_DENIED', exitCode: 5 },
    { code: 'ERR_LOGIN_EXPIRED', exitCode: 4 },
    { code: 'ERR_PROVIDER_UNREACHABLE', exitCode: 6 },
    { code: 'ERR_STORE_ABSENT', exitCode: 8 },
  ])('S33 ends with $exitCode for $code', async ({ code, exitCode }) => {
    const login = () => Promise.reject(Object.assign(new Error('it went wrong'), { code, hint: 'Do this next.' }));
    const result = await runInWorld(['login'], { config: prodProfile, credentials: { login } });
    expect(result).toMatchObject({ exitCode, stdout: '' });
    expect(result.stderr).toContain('gprxy: it went wrong\n  Do this next.\n');
  });
});

const browserPrompt: BrowserPrompt = {
  kind: 'browser',
  url: 'https://login.corp.example/auth?client_id=gprxy-cli&state=abc',
  redirectUri: 'http://127.0.0.1:45678/callback',
  issuer: 'https://login.corp.example',
  clientId: 'gprxy-cli',
  expiresAt: testNow + 600_000,
};

function showing(part: Partial<typeof alicePrompt>): Credentials['login'] {
  return asking({ ...alicePrompt, ...part });
}

function asking(prompt: LoginPrompt): Credentials['login'] {
  return async ({ show }) => {
    show(prompt);
    return aliceLogin;
  };
}
