import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { has, type Stack, startNotificationDesktop, startStack } from '@gprxy/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type InstalledGprxy, installGprxy, Shell } from './gprxy-shell.testing.ts';

let gprxy: InstalledGprxy;
let stack: Stack;
beforeAll(async () => {
  [gprxy, stack] = await Promise.all([installGprxy(), startStack()]);
});
afterAll(() => Promise.all([stack?.stop(), gprxy?.[Symbol.asyncDispose]()]));

/** A daemon whose person signed in 50 minutes ago, and a login that ends after an hour. */
async function startDaemon(keys: string, env: Readonly<Record<string, string>>) {
  const shell = await Shell.open(gprxy, env);
  const directory = join(shell.home, 'config', 'gprxy');
  await mkdir(directory, { recursive: true });
  const profile = stack.profile({ name: 'prod', listen: '127.0.0.1:0' });
  await writeFile(join(directory, 'config.toml'), `${profile}login_lifetime = "1h"\n${keys}\n`);
  const login = shell.start('gprxy login --insecure-storage');
  await stack.provider.approve((await login.says(/With the code filled in: (\S+)/))[1] ?? '', 'alice');
  await login.ended;
  const file = join(shell.home, 'state', 'logins', 'prod.json');
  const kept = JSON.parse(await readFile(file, 'utf8'));
  await writeFile(file, JSON.stringify({ ...kept, signedInAt: kept.signedInAt - 50 * 60_000 }));
  await shell.run('gprxy start --detach');
  return shell;
}

async function connect(shell: Shell): Promise<void> {
  const [{ address }] = JSON.parse((await shell.run('gprxy status --json')).stdout).listeners;
  const port = Number(address.split(':').at(-1));
  const client = new pg.Client({ host: '127.0.0.1', port, database: 'sales' });
  await client.connect();
  await client.end();
}

const log = (shell: Shell) => readFile(join(shell.home, 'state', 'gprxy.log'), 'utf8');

describe.runIf(has.notifications)('before the login ends', () => {
  it('the desktop says so once, however many connect', async () => {
    await using desktop = await startNotificationDesktop();
    await using shell = await startDaemon('', desktop.env);
    for (let count = 0; count < 3; count++) await connect(shell);
    await expect.poll(() => desktop.shown(), { timeout: 10_000 }).toHaveLength(1);
    const [shown] = await desktop.shown();
    expect(shown).toMatch(/"gprxy: your login ends in (9|10) minutes" "Run "gprxy login --profile prod" before/);
    expect(await log(shell)).toContain('the login ends soon');
  });

  it('nothing is said with notify = "off"', async () => {
    await using desktop = await startNotificationDesktop();
    await using shell = await startDaemon('notify = "off"', desktop.env);
    await connect(shell);
    expect(await log(shell)).not.toContain('the login ends soon');
    expect(await desktop.shown()).toEqual([]);
  });
});
