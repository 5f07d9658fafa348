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
    const { profile } = JSON.parse((await shell.run('gprxy whoami --json')).stdout) as { profile: string };
    const refreshToken = refreshTokenIn(keyring.env, shell.env.GPRXY_KEYCHAIN_SERVICE ?? '', profile);
    for (const file of await filesBelow(shell.home)) {
      const text = await readFile(file, 'utf8');
      expect(text, file).not.toContain(token);
      expect(text, file).not.toContain(refreshToken);
    }

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
      // Not one that the keyring holds until it answers, nor the bus, for 25 s.
      expect(performance.now() - startedAt).toBeLessThan(20_000);
    } finally {
      process.kill(daemon, 'SIGCONT');
    }

    expect(await shell.run('gprxy logout')).toMatchObject({ exitCode: 0 });
    expect(await shell.run('gprxy whoami')).toMatchObject({ exitCode: 4 });
  });
});

/** As any program of the same user can read it: docs/security.md. */
function refreshTokenIn(env: Readonly<Record<string, string>>, service: string, account: string): string {
  const args = ['lookup', 'service', service, 'account', account];
  const { stdout } = spawnSync('secret-tool', args, { env, encoding: 'utf8' });
  return /"refreshToken":"([^"]+)"/.exec(stdout)?.[1] ?? expect.unreachable('no refresh token in the keychain');
}

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

describe('a login without a keychain', () => {
  it('S32 leaves no trace of a token in the home unless plain text was asked for, and then says so', async () => {
    await using gprxy = await installGprxy();
    await using provider = await startOidcProvider();
    await using shell = await Shell.open(gprxy);
    const flags = `--issuer ${provider.issuer} --client-id gprxy-cli --upstream postgresql://gateway.corp.example`;
    const refused = await shell.run(`gprxy login ${flags}`);
    expect(refused).toMatchObject({ exitCode: 8, stdout: '' });
    expect(refused.stderr).toContain('--insecure-storage');
    expect(provider.requests('device_authorization')).toBe(0);

    const login = shell.start(`gprxy login --insecure-storage ${flags}`);
    await provider.approve((await login.says(/With the code filled in: (\S+)/))[1] ?? '', 'alice');
    expect((await login.ended).stderr).toContain('kept unencrypted');
    const token = (await shell.run('gprxy get-token')).stdout.trim();
    expect(await filesWith(token, shell.home)).toHaveLength(1);
    await shell.run('gprxy logout');
    expect(await filesWith(token, shell.home)).toEqual([]);
  });
});

async function filesWith(text: string, directory: string): Promise<string[]> {
  const files = await filesBelow(directory);
  const hits = await Promise.all(files.map(async (file) => (await readFile(file, 'utf8')).includes(text)));
  return files.filter((_, index) => hits[index]);
}
