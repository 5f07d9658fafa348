import { has, startOidcProvider, type TestProvider } from '@gprxy/testkit';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openChromium, picture, type TestBrowser } from './chromium.testing.ts';
import { type InstalledGprxy, installGprxy, type RunningCommand, Shell } from './gprxy-shell.testing.ts';

const profile =
  'gprxy login --browser --insecure-storage --client-id gprxy-cli --upstream postgresql://gateway.corp.example:6432/sales';

let gprxy: InstalledGprxy;
let provider: TestProvider;
beforeAll(async () => {
  [gprxy, provider] = await Promise.all([installGprxy(), startOidcProvider()]);
});
afterAll(async () => {
  await provider.stop();
  await gprxy[Symbol.asyncDispose]();
});

async function openAll(options: { phone?: boolean } = {}) {
  const shell = await Shell.open(gprxy);
  const browser = await openChromium(options);
  const login = shell.start(`${profile} --issuer ${provider.issuer}`);
  const [, url = ''] = await login.says(/ {2}open {4}(\S+)/);
  const [, redirectUri = ''] = await login.says(/the page comes back to (\S+)\./);
  return {
    ...{ shell, browser, login, url, redirectUri },
    [Symbol.asyncDispose]: async () => {
      await browser[Symbol.asyncDispose]();
      await shell[Symbol.asyncDispose]();
    },
  };
}

async function signIn(page: Page, url: string, user: string): Promise<void> {
  await page.goto(url);
  await page.fill('input[name=login]', user);
  await page.click('button:has-text("Sign in")');
  await page.click('button:has-text("Allow")');
}

/** Where the page ended, without what the provider sent along. */
const place = (page: Page) => page.url();

function foreignRequests({ requests }: TestBrowser, ...own: readonly string[]): string[] {
  const origins = own.map((url) => new URL(url).origin);
  return requests.filter((url) => !url.startsWith('data:') && !origins.includes(new URL(url).origin));
}

const ended = async (login: RunningCommand) => {
  const { exitCode, stdout, stderr } = await login.ended;
  return { exitCode, stdout, stderr };
};

describe.runIf(has.chromium)('login in a real browser', () => {
  it('S34 ends with a page that says who signed in, loads nothing, and keeps no code in the address', async () => {
    await using test = await openAll();
    const page = await test.browser.context.newPage();
    const problems: string[] = [];
    // The provider's own pages are not ours to judge.
    const isOurs = (at: string) => at.startsWith(new URL(test.redirectUri).origin);
    page.on('console', (message) => isOurs(message.location().url) && problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(String(error)));
    await signIn(page, test.url, 'alice');
    expect(await page.textContent('h1')).toBe('Signed in');
    expect(await page.textContent('main')).toContain('You are Alice Example (alice@corp.example).');
    expect(await page.textContent('main')).toContain('You can close this window');
    await expect.poll(() => place(page)).toBe(test.redirectUri);
    await picture(page, 'signed-in');
    expect(foreignRequests(test.browser, test.redirectUri, provider.issuer)).toEqual([]);
    expect(problems).toEqual([]);
    const { exitCode, stdout, stderr } = await ended(test.login);
    expect({ exitCode, stdout }, stderr).toEqual({ exitCode: 0, stdout: '' });
    expect(stderr).toContain('Signed in as Alice Example <alice@corp.example> (profile "default").');
    expect((await test.shell.run('gprxy whoami')).stdout).toContain('alice@corp.example');
  });

  it('is readable on a phone, in the dark too', async () => {
    await using test = await openAll({ phone: true });
    const page = await test.browser.context.newPage();
    await page.emulateMedia({ colorScheme: 'dark' });
    await signIn(page, test.url, 'bob');
    const overflow = await page.evaluate('document.documentElement.scrollWidth > window.innerWidth');
    const fontSize = await page.evaluate("parseFloat(getComputedStyle(document.querySelector('main p')).fontSize)");
    expect({ overflow, isLegible: Number(fontSize) >= 16 }).toEqual({ overflow: false, isLegible: true });
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(18, 22, 28)');
    await picture(page, 'signed-in-on-a-phone');
    expect((await ended(test.login)).exitCode).toBe(0);
  });

  it('says that it was denied', async () => {
    await using test = await openAll();
    const page = await test.browser.context.newPage();
    const answer = {
      error: 'access_denied',
      error_description: '<script>alert(1)</script> said no',
      iss: provider.issuer,
    };
    await page.goto(`${test.redirectUri}?${parameters(test.url, answer)}`);
    expect(await page.textContent('h1')).toBe('Not signed in');
    expect(await page.textContent('main p')).toContain('access_denied (<script>alert(1)</script> said no)');
    await picture(page, 'denied');
    const { exitCode, stderr } = await ended(test.login);
    expect(exitCode, stderr).toBe(5);
    expect(stderr).toContain('the login was denied at the identity provider');
  });

  it('says what went wrong', async () => {
    await using test = await openAll({ phone: true });
    const page = await test.browser.context.newPage();
    const answer = { code: 'made-up', iss: provider.issuer };
    await page.goto(`${test.redirectUri}?${parameters(test.url, answer)}`);
    expect(await page.textContent('h1')).toBe('Signing in did not work');
    expect(await page.textContent('main p')).toContain('invalid_grant');
    await picture(page, 'failed-on-a-phone');
    expect((await ended(test.login)).exitCode).toBe(5);
  });

  it('goes on when a page of somebody else comes by', async () => {
    await using test = await openAll();
    const foreign = await test.browser.context.newPage();
    await foreign.goto(`${test.redirectUri}?code=stolen&state=guessed`);
    expect(await foreign.textContent('h1')).toBe('Not this login');
    await picture(foreign, 'not-this-login');
    await foreign.setContent(`<iframe src="${test.redirectUri}"></iframe><img src="${test.redirectUri}">`);
    const page = await test.browser.context.newPage();
    await signIn(page, test.url, 'alice');
    expect(await page.textContent('h1')).toBe('Signed in');
    expect((await ended(test.login)).exitCode).toBe(0);
  });

  it('ends at Ctrl-C at once, and nobody answers there any more', async () => {
    await using test = await openAll();
    await test.login.says(/waiting for your approval/);
    test.login.interrupt();
    expect((await ended(test.login)).exitCode).toBe(130);
    const page = await test.browser.context.newPage();
    await expect(page.goto(test.redirectUri)).rejects.toThrow('ERR_CONNECTION_REFUSED');
  });
});

/** An answer with the state of that login. */
function parameters(url: string, answer: Record<string, string>): URLSearchParams {
  return new URLSearchParams({ state: new URL(url).searchParams.get('state') ?? '', ...answer });
}
