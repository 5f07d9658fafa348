import { spawnSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Keyring, startKeyring, startOidcProvider, type TestProvider } from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type InstalledGprxy, installGprxy, Shell } from './gprxy-shell.testing.ts';
import { keyringPid } from './keyring-pid.testing.ts';

const isInstalled = ['gnome-keyring-daemon', 'dbus-run-session', 'gdbus'].every(
  (program) => spawnSync(program, ['--version']).error === undefined,
);

describe.runIf(isInstalled)('a login in the OS keychain', () => {
  let gprxy: InstalledGprxy;
  let provider: TestProvider;
  let keyring: Keyring;

  beforeAll(async () => {
    [gprxy, provider, keyring] = await Promise.all([installGprxy(), startOidcProvider(), startKeyring()]);
  });
  afterAll(async () => {
    await Promise.all([keyring.stop(), provider.stop()]);
    await gprxy[Symbol.asyncDispose]();
  });

  it('S32 is kept there and nowhere else, and is told apart from a locked keychain', async () => {
    await using shell = await Shell.open(gprxy, keyring.env);
    const upstream = 'postgresql://gateway.corp.example';
    const login = shell.start(`gprxy login --issuer ${provider.issuer} --client-id gprxy-cli --upstream ${upstream}`);
    await provider.approve((await login.says(/With the code filled in: (\S+)/))[1] ?? '', 'alice');
    const signedIn = await login.ended;
    expect(signedIn.stderr).toMatch(/login kept in +the OS keychain/);
    expect(signedIn.exitCode).toBe(0);

    const whoami = await shell.run('gprxy whoami');
    expect(whoami.stdout).toContain('alice@corp.example');
    const token = (await shell.run('gprxy get-token')).stdout.trim();
    expect(token).toMatch(/^eyJ/);
    for (const file of await filesBelow(shell.home)) expect(await readFile(file, 'utf8'), file).not.toContain(token);

    await keyring.lock();
    const locked = await shell.run('gprxy get-token');
    expect(locked, locked.stderr).toMatchObject({ exitCode: 8, stdout: '' });
    expect(locked.stderr).toMatch(/locked/);
    await keyring.unlock();
    expect((await shell.run('gprxy get-token')).stdout.trim()).toBe(token);

    const daemon = keyringPid(keyring.env);
    const startedAt = performance.now();
    process.kill(daemon, 'SIGSTOP');
    try {
      const silent = await shell.run('gprxy login');
      expect(silent, silent.stderr).toMatchObject({ exitCode: 8, stdout: '' });
      expect(silent.stderr).toMatch(/no answer within 3 s/);
      // Not one that the keyring holds until it answers.
      expect(performance.now() - startedAt).toBeLessThan(6_000);
    } finally {
      process.kill(daemon, 'SIGCONT');
    }

    expect(await shell.run('gprxy logout')).toMatchObject({ exitCode: 0 });
    expect(await shell.run('gprxy whoami')).toMatchObject({ exitCode: 4 });
  });
});

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
