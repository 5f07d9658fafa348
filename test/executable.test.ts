import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { has, startKeyring, startOidcProvider, type TestProvider } from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Shell } from './gprxy-shell.testing.ts';

const build = fileURLToPath(new URL('../scripts/build-executable.mjs', import.meta.url));
const isPossible = process.platform === 'linux';

let directory: string;
let gprxy: { bin: string; isExecutable: true };
let provider: TestProvider;

beforeAll(async () => {
  if (!isPossible) return;
  directory = await mkdtemp(join(tmpdir(), 'gprxy-executable-'));
  gprxy = { bin: join(directory, 'gprxy'), isExecutable: true };
  await promisify(execFile)(process.execPath, [build, gprxy.bin]);
  provider = await startOidcProvider();
}, 120_000);
afterAll(async () => {
  if (!isPossible) return;
  await provider.stop();
  await rm(directory, { recursive: true });
});

/** Nothing is on the PATH, Node least of all. */
const openShell = (env: Readonly<Record<string, string>> = {}) => Shell.open(gprxy, { ...env, PATH: '/nonexistent' });

async function signIn(shell: Shell, ...options: string[]): Promise<string> {
  const profile = ['--issuer', provider.issuer, '--client-id', 'gprxy-cli', '--upstream', 'postgresql://db.example'];
  const login = shell.start(`gprxy login ${[...profile, ...options].join(' ')}`);
  await provider.approve((await login.says(/With the code filled in: (\S+)/))[1] ?? '', 'alice');
  const { exitCode, stderr } = await login.ended;
  expect(exitCode, stderr).toBe(0);
  return stderr;
}

describe.runIf(isPossible)('the single-file executable', { timeout: 60_000 }, () => {
  it('knows its version and its help', async () => {
    await using shell = await openShell();
    expect(await shell.run('gprxy --version')).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^\d+\./) });
    expect((await shell.run('gprxy help')).stdout).toContain('\n  get-token');
  });

  it('signs in, with a file as the store', async () => {
    await using shell = await openShell();
    await signIn(shell, '--insecure-storage');
    expect((await shell.run('gprxy whoami')).stdout).toContain('alice@corp.example');
    expect((await shell.run('gprxy get-token')).stdout).toMatch(/^eyJ/);
    expect(await shell.run('gprxy logout')).toMatchObject({ exitCode: 0 });
  });

  it('starts itself again as the daemon', async () => {
    await using shell = await openShell();
    await signIn(shell, '--insecure-storage', '--listen', '127.0.0.1:0');
    const started = await shell.run('gprxy start --detach');
    expect(started, started.stderr).toMatchObject({ exitCode: 0 });
    expect((await shell.run('gprxy status')).stdout).toContain('127.0.0.1:');
    expect(await shell.run('gprxy stop')).toMatchObject({ exitCode: 0 });
  });

  it.runIf(has.keyring)('signs in, with the keyring as the store', async () => {
    await using keyring = await startKeyring();
    await using shell = await openShell(keyring.env);
    expect(await signIn(shell)).toMatch(/login kept in +the OS keychain/);
    expect((await shell.run('gprxy get-token')).stdout).toMatch(/^eyJ/);
    const [library = ''] = await keychainLibrary(shell);
    expect((await stat(library)).mode & 0o077).toBe(0);
  });

  it.runIf(has.keyring)('tells a locked keyring apart, which it asks in a process of its own', async () => {
    await using keyring = await startKeyring();
    await using shell = await openShell(keyring.env);
    await signIn(shell);
    await keyring.lock();
    const locked = await shell.run('gprxy get-token');
    expect(locked, locked.stderr).toMatchObject({ exitCode: 8, stdout: '', stderr: expect.stringContaining('locked') });
    await keyring.unlock();
    expect((await shell.run('gprxy get-token')).exitCode).toBe(0);
  });

  it.runIf(has.keyring)('replaces what somebody put in place of its keychain library', async () => {
    await using keyring = await startKeyring();
    await using shell = await openShell(keyring.env);
    await signIn(shell);
    const [library = ''] = await keychainLibrary(shell);
    const { size } = await stat(library);
    await writeFile(library, 'planted');
    expect((await shell.run('gprxy get-token')).exitCode).toBe(0);
    expect((await stat(library)).size).toBe(size);
  });

  it.runIf(has.keyring)('puts its keychain library nowhere that others can write', async () => {
    await using keyring = await startKeyring();
    await using shell = await openShell(keyring.env);
    await signIn(shell);
    await chmod(join(shell.home, 'state', 'compiled'), 0o777);
    const refused = await shell.run('gprxy get-token');
    expect(refused, refused.stderr).toMatchObject({ exitCode: 8, stdout: '' });
  });
});

async function keychainLibrary(shell: Shell): Promise<string[]> {
  const entries = await readdir(join(shell.home, 'state', 'compiled'), { recursive: true, withFileTypes: true });
  return entries.filter(({ name }) => name === 'keytar.node').map(({ parentPath, name }) => join(parentPath, name));
}
