import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Stack, startStack } from '@gprxy/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type InstalledGprxy, installGprxy, type RunningCommand, Shell } from './gprxy-shell.testing.ts';

let gprxy: InstalledGprxy;
let stack: Stack;
let shell: Shell;
beforeAll(async () => {
  [gprxy, stack] = await Promise.all([installGprxy(), startStack()]);
  shell = await Shell.open(gprxy);
  await mkdir(join(shell.home, 'config', 'gprxy'), { recursive: true });
  await appendFile(join(shell.home, 'config', 'gprxy', 'config.toml'), stack.profile({ listen: '127.0.0.1:0' }));
});
afterAll(async () => {
  await shell[Symbol.asyncDispose]();
  await Promise.all([stack.stop(), gprxy[Symbol.asyncDispose]()]);
});

async function pageOf(command: RunningCommand): Promise<string> {
  const [, uri = ''] = await command.says(/With the code filled in: (\S+)/);
  return uri;
}

async function listener(): Promise<{ address: string; connections: number }> {
  return JSON.parse((await shell.run('gprxy status --json')).stdout).listeners[0];
}

describe('a connection that finds the login gone while another process signs in', () => {
  it('waits, and then is that person', async () => {
    const former = shell.start('gprxy login --insecure-storage');
    await stack.provider.approve(await pageOf(former), 'bob');
    await former.ended;
    await shell.run('gprxy start --detach');
    await shell.run('gprxy logout');
    const port = Number((await listener()).address.split(':').at(-1));
    const config = { host: '127.0.0.1', port, database: 'sales' };
    const refused = new pg.Client(config);
    await expect(refused.connect()).rejects.toMatchObject({
      code: '28P01',
      hint: expect.stringContaining('gprxy login'),
    });

    const login = shell.start('gprxy login');
    const page = await pageOf(login);
    const clients = [1, 2, 3].map(() => new pg.Client(config));
    let early = 0;
    const connected = Promise.all(clients.map((client) => client.connect().then(() => early++)));
    await expect.poll(async () => (await listener()).connections, { timeout: 10_000 }).toBe(3);
    expect(early).toBe(0);
    await stack.provider.approve(page, 'alice');
    expect(await login.ended).toMatchObject({ exitCode: 0 });
    await connected;
    for (const client of clients) {
      const { rows } = await client.query('select session_user as person');
      expect(rows).toEqual([{ person: 'alice@corp.example' }]);
      await client.end();
    }
  });
});
