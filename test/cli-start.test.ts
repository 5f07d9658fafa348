import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type InstalledGprxy, installGprxy, Shell } from './gprxy-shell.testing.ts';

// Node 22.8 and newer keep compiled code themselves, in files of their own making.
const isOurs = !('enableCompileCache' in process.getBuiltinModule('node:module'));

let gprxy: InstalledGprxy;
beforeAll(async () => {
  gprxy = await installGprxy();
});
afterAll(() => gprxy[Symbol.asyncDispose]());

const compiledOf = (shell: Shell) => join(shell.home, 'state', 'compiled');
const help = 'Reach PostgreSQL with your company login';

describe('the compiled form of the program', () => {
  it('is kept from the first run to the next, in a directory of the user alone', async () => {
    await using shell = await Shell.open(gprxy);
    expect((await shell.run('gprxy help')).stdout).toContain(help);
    expect((await stat(compiledOf(shell))).mode & 0o777).toBe(0o700);
    const kept = await readdir(compiledOf(shell), { recursive: true });
    expect(kept.length).toBeGreaterThan(0);
    expect((await shell.run('gprxy help')).stdout).toContain(help);
    expect(await readdir(compiledOf(shell), { recursive: true })).toEqual(kept);
  });

  it('is not kept where others could change it, and the program runs without', async () => {
    await using shell = await Shell.open(gprxy);
    await mkdir(compiledOf(shell), { recursive: true });
    await chmod(compiledOf(shell), 0o777);
    expect(await shell.run('gprxy help')).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await readdir(compiledOf(shell))).toEqual([]);
  });

  it('is not kept behind a symbolic link', async () => {
    await using shell = await Shell.open(gprxy);
    const elsewhere = await mkdtemp(join(tmpdir(), 'gprxy-elsewhere-'));
    await mkdir(join(shell.home, 'state'));
    await symlink(elsewhere, compiledOf(shell));
    expect(await shell.run('gprxy help')).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await readdir(elsewhere)).toEqual([]);
    await rm(elsewhere, { recursive: true });
  });

  it.runIf(isOurs)('is made anew when it is damaged, and taken away with the version it was made of', async () => {
    await using shell = await Shell.open(gprxy);
    await shell.run('gprxy help');
    const [name = ''] = await readdir(compiledOf(shell));
    const file = join(compiledOf(shell), name);
    const whole = await readFile(file);
    await writeFile(file, whole.subarray(0, 1_000));
    const old = `${'0'.repeat(32)}-main.cjs-v20.0.0-x64-help`;
    await writeFile(join(compiledOf(shell), old), '');
    expect(await shell.run('gprxy help')).toMatchObject({ exitCode: 0, stderr: '' });
    expect((await readFile(file)).length).toBeGreaterThan(1_000);
    expect(await readdir(compiledOf(shell))).not.toContain(old);
  });

  it.runIf(isOurs)('is not read from a file that others can write', async () => {
    await using shell = await Shell.open(gprxy);
    await shell.run('gprxy help');
    const names = await readdir(compiledOf(shell));
    for (const name of names) {
      await writeFile(join(compiledOf(shell), name), 'planted');
      await chmod(join(compiledOf(shell), name), 0o666);
    }
    expect(await shell.run('gprxy help')).toMatchObject({ exitCode: 0, stderr: '' });
  });
});

describe('standard output', () => {
  it('says the version and nothing else', async () => {
    await using shell = await Shell.open(gprxy);
    expect(await shell.run('gprxy --version')).toEqual({
      exitCode: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      stderr: '',
    });
  });

  it('may be closed by its reader', async () => {
    await using shell = await Shell.open(gprxy);
    const command = shell.start('gprxy help');
    command.closeOutput();
    expect(await command.ended).toMatchObject({ exitCode: 0, stderr: '' });
  });
});
