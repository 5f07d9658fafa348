import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Stack, startStack } from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { examine } from './doctor.testing.ts';
import { type InstalledGprxy, installGprxy, Shell } from './gprxy-shell.testing.ts';

describe('gprxy doctor with a gateway upstream', () => {
  let gprxy: InstalledGprxy;
  let stack: Stack;
  beforeAll(async () => {
    [gprxy, stack] = await Promise.all([installGprxy(), startStack()]);
  });
  afterAll(async () => {
    await stack.stop();
    await gprxy[Symbol.asyncDispose]();
  });

  async function signedInAs(person: string): Promise<Shell> {
    const shell = await Shell.open(gprxy);
    const directory = join(shell.home, 'config/gprxy');
    await mkdir(directory, { recursive: true });
    const profile = stack.profile({ name: 'prod' }).replace(/(upstream = ".*:\d+)\?/, '$1/sales?');
    await writeFile(join(directory, 'config.toml'), profile);
    const login = shell.start('gprxy login --insecure-storage --device --no-open');
    await stack.provider.approve((await login.says(/With the code filled in: (\S+)/))[1] ?? '', person);
    expect(await login.ended).toMatchObject({ exitCode: 0 });
    return shell;
  }

  it('finds nothing wrong for somebody with a role', async () => {
    await using shell = await signedInAs('alice');
    const { exitCode, about, output } = await examine(shell);
    expect(exitCode, output).toBe(0);
    expect(about('upstream').message).toBe('logged in as alice@corp.example, database sales');
  });

  it('finds that the gateway does not let somebody in, in its words and with the next step', async () => {
    await using shell = await signedInAs('mallory');
    const { exitCode, about } = await examine(shell);
    expect(exitCode).toBe(7);
    expect(about('certificate')).toMatchObject({ verdict: 'ok' });
    expect(about('audience')).toMatchObject({ verdict: 'ok' });
    expect(about('upstream').verdict).toBe('problem');
    expect(about('upstream').message).toContain('mallory@corp.example');
    expect(about('upstream').hint).not.toBeNull();
  });

  it('finds a token that the gateway does not take', async () => {
    await using shell = await signedInAs('alice');
    const foreign = await stack.provider.signToken({ iss: 'https://elsewhere.example' });
    await writeLogin(shell, { accessToken: foreign });
    const { exitCode, about } = await examine(shell);
    expect(exitCode).toBe(7);
    expect(about('upstream')).toMatchObject({ verdict: 'problem', hint: expect.stringContaining('gprxy') });
    expect(about('upstream').message).not.toContain(foreign);
  });

  it('finds that the gateway is down', async () => {
    await using shell = await signedInAs('alice');
    await stack.gateway.program.stop();
    const { exitCode, about } = await examine(shell);
    expect(exitCode).toBe(7);
    expect(about('certificate').message).toMatch(
      /^could not connect to localhost:\d+: nothing listens there \(ECONNREFUSED\)$/,
    );
    expect(about('certificate').hint).toContain('Check that the upstream is running');
  });
});

async function writeLogin(shell: Shell, change: object): Promise<void> {
  const file = join(shell.home, 'state/logins/prod.json');
  await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, 'utf8')), ...change }));
}
