import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { has } from '@gprxy/testkit';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openChromium, picture } from './chromium.testing.ts';
import { type SignedIn, startSignedIn } from './signed-in-shell.testing.ts';

let all: SignedIn;
beforeAll(async () => {
  all = await startSignedIn();
  await all.shell.run('gprxy start --detach');
});
afterAll(() => all?.[Symbol.asyncDispose]());

async function link(): Promise<string> {
  const { stdout, stderr } = await all.shell.run('gprxy status --web');
  expect(stderr).toContain('for one visit');
  return stdout.trim();
}

/** A window in which the page is open, and what was wrong with it. */
async function openPage(options: { phone?: boolean } = {}) {
  const browser = await openChromium(options);
  onTestFinished(() => browser[Symbol.asyncDispose]());
  const page = await browser.context.newPage();
  const problems: string[] = [];
  page.on('console', (message) => problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(String(error)));
  await page.goto(await link());
  await page.waitForSelector('.listeners li');
  return { browser, page, problems, origin: new URL(page.url()).origin };
}

// As it is seen: without what is hidden, and with the blanks of the layout.
const shown = async (page: Page, selector = 'body') =>
  String(await page.evaluate(`document.querySelector(${JSON.stringify(selector)}).innerText`));
/** The page looks every two seconds. */
const soon = (page: Page, selector: string) => expect.poll(() => shown(page, selector), { timeout: 20_000 });

describe.runIf(has.chromium)('the status page in a real browser', () => {
  it('shows listeners, tokens and where to connect, and asks nobody but the sidecar for anything', async () => {
    const { browser, page, problems, origin } = await openPage();
    expect(page.url()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{43}\/$/);
    expect(await shown(page, '#state')).toMatch(/^running, started .* ago, process \d+$/);
    expect(await shown(page, '.listeners')).toMatch(
      /127\.0\.0\.1:\d+\s+listening · 0 open( · \d+ spare)? · \d+ in all/,
    );
    const url = (await all.shell.run('gprxy dsn')).stdout.trim();
    expect(await shown(page, 'dl')).toContain(url);
    expect(browser.requests.filter((asked) => !asked.startsWith(origin) && !asked.startsWith('data:'))).toEqual([]);
    expect(problems).toEqual([]);
    await picture(page, 'status-page');
  });

  it('follows what happens', async () => {
    const { page } = await openPage();
    const before = Number(/(\d+) in all/.exec(await shown(page, '.listeners'))?.[1]);
    expect((await all.shell.run('gprxy exec -- true')).exitCode).toBe(0);
    const { stdout: url } = await all.shell.run('gprxy dsn');
    const client = spawn('psql', [url.trim(), '-Atc', 'select 1']);
    await text(client.stdout);
    await soon(page, '.listeners').toContain(`${before + 1} in all`);
    await soon(page, '.token').toMatch(/^token expires in /);
  });

  it('copies a connection string', async () => {
    const { browser, page } = await openPage();
    await browser.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Copy for URL' }).click();
    await soon(page, '.copy').toBe('Copied');
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(
      (await all.shell.run('gprxy dsn')).stdout.trim(),
    );
  });

  it.each(['light', 'dark'] as const)('is readable on a phone, %s', async (colorScheme) => {
    const { page } = await openPage({ phone: true });
    await page.emulateMedia({ colorScheme });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    const sizes =
      "[...document.querySelectorAll('p, dt, code, button, span')].map((e) => parseFloat(getComputedStyle(e).fontSize))";
    expect(Math.min(...((await page.evaluate(sizes)) as number[]))).toBeGreaterThanOrEqual(14);
    const heights = "[...document.querySelectorAll('button')].filter((e) => e.offsetHeight).map((e) => e.offsetHeight)";
    expect(Math.min(...((await page.evaluate(heights)) as number[]))).toBeGreaterThanOrEqual(36);
    const contrast = await page.evaluate(`(${lowestContrast})()`);
    expect(Number(contrast)).toBeGreaterThanOrEqual(4.5);
    await picture(page, `status-page-phone-${colorScheme}`);
  });

  it('signs in, and shows what "gprxy login" would', async () => {
    const { page } = await openPage();
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForSelector('.code strong');
    await soon(page, '.code strong').toMatch(/^[A-Z]{4}-[A-Z]{4}$/);
    expect(await shown(page, '.where')).toContain(new URL(all.provider.issuer).host);
    await picture(page, 'status-page-sign-in');
    const url = (await page.getAttribute('.go', 'href')) ?? '';
    // The terminal joins the login that the page has begun.
    const login = all.shell.start('gprxy login');
    await login.says(/Joining the login/);
    await all.provider.approve(url, 'alice');
    await soon(page, '.outcome').toMatch(/^Signed in/);
    expect((await login.ended).exitCode).toBe(0);
    await all.acceptToken();
  });

  it('joins the login of a terminal', async () => {
    const { page } = await openPage();
    const login = all.shell.start('gprxy login --device');
    const [, code = ''] = await login.says(/enter +(\S+)/);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await soon(page, '.asking').toContain(code);
    expect(await shown(page, '.where')).toMatch(/joins the login that process \d+ has begun/);
    await all.provider.approve((await page.getAttribute('.go', 'href')) ?? '', 'alice');
    expect((await login.ended).exitCode).toBe(0);
    await soon(page, '.outcome').toMatch(/^Signed in/);
    await all.acceptToken();
  });

  it('S18 has no token in it', async () => {
    const { page } = await openPage();
    const token = (await all.shell.run('gprxy get-token')).stdout.trim();
    const view = String(await page.evaluate("fetch('view').then((r) => r.text())"));
    expect(view).toContain('connectionStrings');
    expect(view).not.toContain(token.split('.')[2]);
    expect(view + (await page.content())).not.toMatch(/eyJ|refresh_token/);
    expect(await page.evaluate('document.cookie')).toBe('');
  });
});

describe.runIf(has.chromium)('what a browser keeps others from', () => {
  it('a link that was used shows nothing to the next one', async () => {
    const { page } = await openPage();
    const used = await link();
    await page.goto(used);
    await page.waitForSelector('.listeners li');
    const [other] = [await openChromium()];
    onTestFinished(() => other[Symbol.asyncDispose]());
    const again = await other.context.newPage();
    await again.goto(used);
    expect(await shown(again)).toContain('This link has been used');
    await again.goto(page.url());
    expect(await shown(again)).toContain('This page opens by a link of its own');
  });

  it('a page on another port of this machine can neither read, nor frame, nor sign in, nor learn the cookie', async () => {
    const { browser, page } = await openPage();
    const seen: Array<string | undefined> = [];
    const server = createServer((request, response) => {
      seen.push(request.headers.cookie);
      response.setHeader('content-type', 'text/html').end(`<iframe src="${page.url()}"></iframe>`);
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    const evil = await browser.context.newPage();
    await evil.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const attempt = (path: string, init: object) =>
      evil.evaluate(
        `fetch(${JSON.stringify(page.url() + path)}, ${JSON.stringify({ credentials: 'include', ...init })}).then((r) => r.text() + r.type, String)`,
      );
    expect(await attempt('view', {})).toContain('Failed to fetch');
    expect(await attempt('sign-in/default', { method: 'POST', headers: { 'x-gprxy-page': '1' } })).toContain('Failed');
    await attempt('sign-in/default', { method: 'POST', mode: 'no-cors' });
    expect(
      await evil
        .frames()[1]
        ?.evaluate('document.body.innerText')
        .catch(() => ''),
    ).not.toContain('listening');
    expect(seen).not.toContainEqual(expect.stringContaining('gprxy_status'));
    await page.reload();
    await page.waitForSelector('.listeners li');
    expect(await page.isEnabled('.sign-in')).toBe(true);
  });
});

const asNobody = process.platform === 'linux' && process.getuid?.() === 0;

describe.runIf(asNobody)('S15 another OS user', () => {
  it('gets not a byte of the status page, with a link that is good, and does not use it up', async () => {
    const url = await link();
    const script = `require('http').get(${JSON.stringify(url)}, (r) => console.log('answered', r.statusCode)).on('error', (e) => console.log(e.code))`;
    const stranger = spawn(process.execPath, ['-e', script], { uid: 65_534, gid: 65_534, cwd: '/', env: {} });
    expect((await text(stranger.stdout)).trim()).toBe('ECONNRESET');
    expect((await fetch(url)).status).toBe(200);
    expect((await all.shell.run('gprxy logs')).stdout).toContain('refused another OS user at the status page');
  });
});

// The last one: it ends the sidecar.
describe.runIf(has.chromium)('the end of the sidecar', () => {
  it('is the end of the page, which says so and what to do', async () => {
    const { page, origin } = await openPage();
    await all.shell.run('gprxy stop');
    await soon(page, '#ended').toContain('Run gprxy start --detach');
    await expect(fetch(origin)).rejects.toThrow();
    const { exitCode, stdout, stderr } = await all.shell.run('gprxy status --web');
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain('the sidecar is not running');
  });
});

/** The lowest contrast of a text on its background (WCAG 2.2, 1.4.3), as the browser has painted it. */
const lowestContrast = `() => {
  const rgb = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element) => {
    const color = rgb(getComputedStyle(element).backgroundColor);
    return color.length === 4 && color[3] === 0 && element.parentElement ? behind(element.parentElement) : color;
  };
  const texts = [...document.querySelectorAll('body *')].filter((e) => e.offsetHeight && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()));
  return Math.min(...texts.map((e) => {
    const [one, other] = [light(rgb(getComputedStyle(e).color)), light(behind(e))].sort((a, b) => b - a);
    return (one + 0.05) / (other + 0.05);
  }));
}`;
