import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const cli = fileURLToPath(new URL('../packages/cli/', import.meta.url));

let directory: string;
let gprxy: string;

/** `npm pack`, then `npm install -g` of the tarball, as a person does who has no checkout. */
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gprxy-pack-'));
  const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', directory], { cwd: cli });
  const prefix = join(directory, 'prefix');
  const tarball = join(directory, stdout.trim().split('\n').at(-1) ?? '');
  await run('npm', ['install', '--global', '--prefix', prefix, '--prefer-offline', '--no-audit', '--no-fund', tarball]);
  gprxy = join(prefix, 'bin', 'gprxy');
}, 180_000);
afterAll(() => rm(directory, { recursive: true, force: true }));

async function installed(...args: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const env = { PATH: process.env.PATH, HOME: directory, XDG_CONFIG_HOME: join(directory, 'config') };
  const outcome = await run(gprxy, args, { env }).catch((error) => error);
  return { exitCode: outcome.code ?? 0, stdout: outcome.stdout, stderr: outcome.stderr };
}

describe('the tarball of npm pack, installed with npm', () => {
  it('knows its version', async () => {
    const { version } = JSON.parse(await readFile(join(cli, 'package.json'), 'utf8'));
    expect(await installed('--version')).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('shows its help', async () => {
    const { exitCode, stdout } = await installed('--help');
    expect(exitCode).toBe(0);
    for (const command of ['login', 'psql', 'get-token', 'start']) expect(stdout).toContain(`\n  ${command}`);
  });

  it('ends with 3 where nothing is configured', async () => {
    const { exitCode, stdout, stderr } = await installed('get-token');
    expect({ exitCode, stdout }, stderr).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toContain('gprxy login');
  });

  it('brings a man page with every command', async () => {
    const page = await readFile(join(directory, 'prefix', 'share', 'man', 'man1', 'gprxy.1'), 'utf8');
    expect(page).toMatch(/^\.TH GPRXY 1 /);
    for (const name of ['login', 'profiles add', 'exit-codes']) expect(page).toContain(`\n.SS ${name}\n.nf\n`);
  });

  it('brings the keychain module and the licences of what is bundled', async () => {
    const root = join(directory, 'prefix', 'lib', 'node_modules', 'gprxy');
    const modules = await readdir(join(root, 'node_modules'));
    expect(modules).toEqual(expect.arrayContaining(['keytar', 'open', 'pg']));
    expect(modules).not.toContain('@gprxy');
    expect(await readFile(join(root, 'dist', 'bundle', 'LICENCES.txt'), 'utf8')).toContain('openid-client');
  });
});
