import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { alice, leash, type Stack, startStack } from '@gprxy/testkit';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditUntil, COMMAND, withClient } from './gateway.testing.ts';

const query = (client: pg.Client) => client.query('SELECT 1');

describe('the audit file', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack();
  });
  afterAll(() => stack?.stop());

  it('is opened anew at SIGHUP, and no session ends by that', async () => {
    const path = join(dirname(stack.gateway.configFile), 'audit.jsonl');
    await withClient(stack, {}, async (client) => {
      await query(client);
      await rename(path, `${path}.1`);
      process.kill(stack.gateway.program.pid, 'SIGHUP');
      await stack.gateway.program.waitForLine(/"msg":"the audit log was opened anew"/);
      expect(await readFile(path, 'utf8')).toBe('');
      await query(client);
    });
    const records = await auditUntil(stack, (all) => all.length > 0);
    expect(records.map(({ event }) => event)).toEqual(['end']);
    expect(JSON.parse(await readFile(`${path}.1`, 'utf8'))).toMatchObject({ event: 'login', role: alice.email });
  });
});

describe('S37 audit on a standard output that nobody reads any more', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack();
  });
  afterAll(() => stack?.stop());

  /** Another gateway whose standard output is closed once it listens; resolves with its port. */
  async function startUnheard(onFailure: 'deny' | 'continue') {
    const text = await readFile(stack.gateway.configFile, 'utf8');
    const sink = `sink = "stdout"\non_failure = "${onFailure}"`;
    const path = `${stack.gateway.configFile}.${onFailure}`;
    await writeFile(
      path,
      text.replace(/^listen = .*$/m, 'listen = "127.0.0.1:0"').replace(/sink = "file"\npath = .*/, sink),
    );
    const child = leash(spawn(process.execPath, [COMMAND, 'serve', '--config', path]));
    const said = once(child.stderr, 'data');
    child.stdout.destroy();
    const [, port] = /"addresses":\["127\.0\.0\.1:(\d+)"/.exec(String((await said)[0])) ?? [];
    return { child, port: Number(port) };
  }

  it('S37 deny lets nobody in, and the gateway lives on', async () => {
    const { child, port } = await startUnheard('deny');
    for (const _attempt of ['first', 'second']) {
      await expect(withClient(stack, { port }, query)).rejects.toMatchObject({ code: '57P03' });
    }
    expect(child.exitCode).toBeNull();
    child.kill();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('S37 continue lets people in all the same', async () => {
    const { child, port } = await startUnheard('continue');
    for (const _attempt of ['first', 'second']) await withClient(stack, { port }, query);
    expect(child.exitCode).toBeNull();
    child.kill();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});
