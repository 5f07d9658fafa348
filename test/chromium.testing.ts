import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programs } from '@gprxy/testkit';
import { type BrowserContext, chromium, type Page } from 'playwright-core';

/** No look for updates, no talk to its maker: a test browser goes where the test sends it. */
const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface TestBrowser extends AsyncDisposable {
  readonly context: BrowserContext;
  /** What pages asked for beside `allowed` origins; empty is good. */
  readonly requests: readonly string[];
}

/** A real browser of Debian's, with an empty profile and the window of a phone or of a desk. */
export async function openChromium({ phone = false } = {}): Promise<TestBrowser> {
  const profile = await mkdtemp(join(tmpdir(), 'gprxy-chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: programs.chromium,
    headless: true,
    args: quiet,
    viewport: phone ? { width: 360, height: 640 } : { width: 1280, height: 800 },
    ...(phone && { isMobile: true, hasTouch: true, deviceScaleFactor: 2 }),
  });
  const requests: string[] = [];
  context.on('request', (request) => requests.push(request.url()));
  return {
    context,
    requests,
    [Symbol.asyncDispose]: async () => {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}

/** GPRXY_TEST_SCREENSHOTS names a directory to keep pictures of the pages in. */
export async function picture(page: Page, name: string): Promise<void> {
  const directory = process.env.GPRXY_TEST_SCREENSHOTS;
  if (directory === undefined) return;
  await mkdir(directory, { recursive: true });
  await page.screenshot({ path: `${directory}/${name}.png` });
}
