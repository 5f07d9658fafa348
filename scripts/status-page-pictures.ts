// Takes the pictures of docs/status-page.md in a real browser: npx tsx scripts/status-page-pictures.ts [docs/images]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { alice, freePort, type Stack, startStack } from '@gprxy/testkit';
import type { Page } from 'playwright-core';
import { openChromium } from '../test/chromium.testing.ts';
import { installGprxy, Shell } from '../test/gprxy-shell.testing.ts';

/** The temporary home and the test's addresses, as they would be on somebody's machine. */
const asAtHome = `for (const code of document.querySelectorAll('dd code')) {
  code.textContent = code.textContent.replace(/(%2F|\\/)tmp.*?state(%2F|\\/)/, (_, slash) => ['', 'home', 'alice', '.local', 'state', 'gprxy', ''].join(slash));
}`;

const [directory = 'docs/images'] = process.argv.slice(2);
await mkdir(directory, { recursive: true });
const [stack, gprxy] = await Promise.all([startStack(), installGprxy()]);
const shell = await Shell.open(gprxy);
try {
  await configure(stack, shell);
  await signIn();
  await shell.run('gprxy start --detach');
  const clients = await Promise.all([1, 2, 3].map(() => psql('prod', 'select pg_sleep(600)')));
  await once(await psql('staging', 'select 1'), 'close');
  await takePictures();
  for (const client of clients) client.kill();
} finally {
  await shell[Symbol.asyncDispose]();
  await Promise.all([stack.stop(), gprxy[Symbol.asyncDispose]()]);
}
process.exit();

async function configure({ profile }: Stack, { home }: Shell): Promise<void> {
  await mkdir(join(home, 'config', 'gprxy'), { recursive: true });
  const profiles = [
    profile({ name: 'prod', listen: `127.0.0.1:${await freePort()}` }),
    profile({ name: 'staging', listen: `127.0.0.1:${await freePort()}` }),
  ];
  const text = profiles.join('\n').replaceAll(/(upstream = "[^?"]*)\?/g, '$1/sales?');
  await writeFile(join(home, 'config', 'gprxy', 'config.toml'), text, { mode: 0o600 });
}

async function signIn(): Promise<void> {
  const login = shell.start('gprxy login --profile prod --insecure-storage --device');
  await stack.provider.approve((await login.says(/With the code filled in: (\S+)/))[1] ?? '', alice.login);
  await login.ended;
}

async function psql(profile: string, statement: string) {
  const { stdout } = await shell.run(`gprxy dsn --profile ${profile}`);
  return spawn('psql', [stdout.trim(), '-c', statement], { stdio: 'ignore' });
}

async function takePictures(): Promise<void> {
  await picture('status-page', {}, async () => {});
  await picture('status-page-phone', { phone: true }, (page) => page.emulateMedia({ colorScheme: 'dark' }));
  await picture('status-page-sign-in', { phone: true }, async (page) => {
    await page.locator('.sign-in').first().click();
    await page.locator('.code strong').first().filter({ hasText: '-' }).waitFor();
  });
}

async function picture(name: string, options: { phone?: boolean }, prepare: (page: Page) => Promise<void>) {
  await using browser = await openChromium(options);
  const page = await browser.context.newPage();
  await page.goto((await shell.run('gprxy status --web')).stdout.trim());
  await page.getByText('3 open').waitFor();
  await prepare(page);
  await page.evaluate(asAtHome);
  await page.screenshot({ path: `${directory}/${name}.png` });
}
