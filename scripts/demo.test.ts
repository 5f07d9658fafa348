import { existsSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ProgramEnd, spawnProgram, temporaryDirectory } from '@gprxy/testkit';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

const startDemo = (args: string[], env: Record<string, string> = {}) =>
  spawnProgram({
    command: process.execPath,
    args: ['--import', 'tsx', 'scripts/demo.ts', ...args],
    cwd: root,
    env: { ...process.env, ...env },
  });

/** A PATH with node alone. */
async function pathWithoutPsql(directory: string): Promise<string> {
  const bin = join(directory, 'bin');
  await mkdir(bin);
  await symlink(process.execPath, join(bin, 'node'));
  return bin;
}

function expectTheStory({ exitCode, stdout, stderr }: ProgramEnd): void {
  expect(exitCode, stderr + stdout).toBe(0);
  expect(stdout).toContain(' alice@corp.example | cert:CN=gprxy-gateway | alice@corp.example\n');
  expect(stdout).toContain('ERROR:  permission denied to set role "bob@corp.example"');
  expect(stdout).toContain('ERROR:  canceling statement due to user request');
  expect(stdout).toContain('"mallory@corp.example" is not allowed to connect to database "sales"');
  expect(stdout).toMatch(/cancel {2}alice@corp.example/);
  expect(stdout).toMatch(/denial {2}mallory@corp.example/);
}

describe('the demo', { timeout: 120_000 }, () => {
  it('tells the whole story and leaves nothing behind', async () => {
    await using temporary = await temporaryDirectory();
    const ended = await startDemo([], { TMPDIR: temporary.path }).ended;
    expectTheStory(ended);
    const [, state = ''] = /Log: (\S+)\/gprxy\.log/.exec(ended.stdout) ?? [];
    expect(state).not.toBe('');
    expect(existsSync(state)).toBe(false);
  });

  it('tells it where psql is missing, and says so', async () => {
    await using temporary = await temporaryDirectory();
    const ended = await startDemo([], { PATH: await pathWithoutPsql(temporary.path) }).ended;
    expectTheStory(ended);
    expect(ended.stdout).toContain('psql is not installed; running the statements with a built-in client instead');
    expect(ended.stdout).toMatch(/system_user +\| cert:CN=gprxy-gateway/);
  });

  it('keeps everything running until Ctrl-C when asked to', async () => {
    const demo = startDemo(['--keep']);
    const [, config = ''] = await demo.waitForLine(/export GPRXY_CONFIG=(\S+)/);
    expect(existsSync(config)).toBe(true);
    await demo.waitForLine(/the user alice, bob or mallory, with any password/);
    expect(await demo.stop('SIGINT')).toMatchObject({ exitCode: 0 });
    expect(existsSync(config)).toBe(false);
  });

  it('names a flag that it does not have, and the ones that it has', async () => {
    const { exitCode, stderr } = await startDemo(['--kepe']).ended;
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^The demo has no "--kepe"; did you mean --keep\?\n\nnpm run demo -- /);
  });

  it('ends clean at Ctrl-C in the middle', async () => {
    const demo = startDemo([]);
    await demo.waitForLine(/Query as yourself/);
    expect(await demo.stop('SIGINT')).toMatchObject({ exitCode: 130, stderr: '\nStopped; nothing of it is left.\n' });
  });
});
