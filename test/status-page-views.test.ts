import { has } from '@gprxy/testkit';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openChromium, picture, type TestBrowser } from './chromium.testing.ts';
import { type Answer, barriers, openView, views } from './status-page-views.testing.ts';

describe.runIf(has.chromium)('the status page', () => {
  let browser: TestBrowser;
  let page: Page;
  beforeAll(async () => {
    browser = await openChromium();
    page = await browser.context.newPage();
  });
  afterAll(() => browser?.[Symbol.asyncDispose]());

  const shown = async (selector: string) =>
    String(await page.evaluate(`document.querySelector(${JSON.stringify(selector)}).innerText`));
  const soon = (selector: string) => expect.poll(() => shown(selector), { timeout: 20_000 });
  /** What the page says to those who hear it. */
  const heard = () => page.evaluate("document.querySelector('#announcement').textContent");

  describe.each(Object.entries(views))('with %s', (name, view) => {
    it.each([
      [1280, 'light'],
      [1280, 'dark'],
      [360, 'light'],
      [360, 'dark'],
    ] as const)('has no barriers, and fits, at %i pixels, %s', async (width, colorScheme) => {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme });
      await openView(page, () => view);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      expect(await barriers(page)).toEqual([]);
      await picture(page, `${name} ${width} ${colorScheme}`);
    });
  });

  it('moves nothing by itself', async () => {
    await openView(page, () => views['a login under way']);
    const moving =
      "[...document.querySelectorAll('*')].filter((e) => { const s = getComputedStyle(e); return s.animationName !== 'none' || s.transitionDuration !== '0s'; }).length";
    expect(await page.evaluate(moving)).toBe(0);
  });

  it('is gone through by Tab in the order that it is read, and says whose each button is', async () => {
    await openView(page, () => views['a login under way']);
    const names: unknown[] = [];
    for (let at = 0; at < 5; at++) {
      await page.keyboard.press('Tab');
      names.push(await page.evaluate('document.activeElement.ariaLabel ?? document.activeElement.textContent'));
      expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
    }
    const copies = ['URL', 'psql', 'JDBC'].map((client) => `Copy for ${client}, prod`);
    expect(names).toEqual(['Signing in ... to prod', 'Go to login.corp.example', ...copies]);
  });

  it('keeps whoever signs in by the keyboard where they are, tells them, and begins no second login', async () => {
    let answer: Answer = views['nobody has signed in yet'];
    const { signIns } = await openView(page, () => answer);
    await page.keyboard.press('Tab');
    answer = views['a login under way'];
    await page.keyboard.press('Enter');
    await soon('.asking').toContain('WDJB-MJHT');
    expect(await page.evaluate('document.activeElement.className')).toContain('sign-in');
    expect(await heard()).toContain('Sign in at login.corp.example');
    await page.keyboard.press('Enter');
    expect(signIns).toEqual(['sign-in/prod']);
    answer = views['a login that failed'];
    await soon('.outcome').toContain('Not signed in: denied. Run gprxy login.');
    expect(await heard()).toContain('Not signed in: denied.');
  });

  it('says nothing aloud while time goes by', async () => {
    await openView(page, () => views['two hundred connections, a dozen profiles']);
    expect(await page.evaluate("document.querySelectorAll('[role=status], [aria-live]').length")).toBe(1);
    expect(await heard()).toBe('');
  });

  it('offers the login first where the token has expired', async () => {
    await openView(page, () => views['a token that has expired']);
    expect(await page.getAttribute('.sign-in', 'class')).toContain('first');
    expect(await shown('.token')).toBe('token expired 3 minutes ago');
    expect(await shown('.last-error .hint')).toBe('Run gprxy login --profile prod.');
  });

  it('says what to do where there is nothing to show', async () => {
    await openView(page, () => views['no profile']);
    expect(await shown('#nothing')).toContain('No profile is served. gprxy profiles list');
  });

  it('does not pretend when the sidecar has ended, and goes on when it is back', async () => {
    let answer: Answer = views['nobody has signed in yet'];
    await openView(page, () => answer);
    answer = 'gone';
    await soon('#ended').toContain('gprxy does not answer: it has ended.');
    expect(await heard()).toBe('gprxy does not answer: it has ended.');
    expect(await page.getAttribute('.sign-in', 'aria-disabled')).toBe('true');
    expect(await barriers(page)).toEqual([]);
    await picture(page, 'the sidecar has ended');
    answer = views['nobody has signed in yet'];
    await soon('#state').toContain('running');
    expect(await page.isVisible('#ended')).toBe(false);
    expect(await page.getAttribute('.sign-in', 'aria-disabled')).toBe('false');
  });

  it('ends with the visit', async () => {
    let answer: Answer = views['nobody has signed in yet'];
    await openView(page, () => answer);
    answer = 403;
    await soon('#ended').toMatch(/^This visit is over\.\s+Run gprxy status --web for a new link\.$/);
    expect(await shown('#profiles')).toBe('');
  });

  it('leaves the text selected where the clipboard is not to be had', async () => {
    await openView(page, () => views['nobody has signed in yet']);
    await page.evaluate("navigator.clipboard.writeText = () => Promise.reject(new Error('no'))");
    await page.getByRole('button', { name: 'Copy for psql' }).click();
    expect(await page.evaluate('getSelection().toString()')).toBe('postgresql://localhost:5433/sales?client=psql');
    expect(await heard()).toContain('Copy it with the keyboard');
  });
});
