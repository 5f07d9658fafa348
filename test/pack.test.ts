import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../', import.meta.url));
const cli = join(root, 'packages/cli');
const gateway = join(root, 'packages/gateway');

let directory: string;
let gprxy: string;
let tarballs: { gprxy: string; gateway: string };

/** `npm pack`, then `npm install -g` of the tarball, as a person does who has no checkout. */
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gprxy-pack-'));
  const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', directory], { cwd: cli });
  const prefix = join(directory, 'prefix');
  tarballs = { gprxy: join(directory, stdout.trim().split('\n').at(-1) ?? ''), gateway: await packByPnpm(gateway) };
  const quietly = ['--prefer-offline', '--no-audit', '--no-fund'];
  await run('npm', ['install', '--global', '--prefix', prefix, ...quietly, tarballs.gprxy, tarballs.gateway]);
  gprxy = join(prefix, 'bin', 'gprxy');
}, 180_000);

/** As a release does it: npm knows nothing of publishConfig, by which the gateway offers less than it does to the workspace. */
async function packByPnpm(packageDirectory: string): Promise<string> {
  const { stdout } = await run(
    process.execPath,
    [join(root, 'scripts/pnpm.mjs'), 'pack', '--json', '--pack-destination', directory],
    { cwd: packageDirectory },
  );
  return (JSON.parse(stdout.slice(stdout.indexOf('{'))) as { filename: string }).filename;
}

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

describe.each(['gprxy', 'gateway'] as const)('the tarball of %s', (name) => {
  it('is a package as publint wants it', async () => {
    const bytes = await readFile(tarballs[name]);
    const { messages, pkg } = await publint({ pack: { tarball: Uint8Array.from(bytes).buffer }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });

  it('has no types that are wrong', async () => {
    const attw = join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js');
    const { stdout } = await run(process.execPath, [attw, '--format', 'json', tarballs[name]]);
    const { analysis } = JSON.parse(stdout) as { analysis: { types: unknown; problems?: unknown[] } };
    // Programs, not libraries: nobody imports them.
    expect(analysis).toMatchObject({ types: false });
    expect(analysis.problems ?? []).toEqual([]);
  });

  it('holds every file that its package.json names, and no source, test or map', async () => {
    const { stdout } = await run('tar', ['-tzf', tarballs[name]]);
    const files = stdout.trim().split('\n');
    const { stdout: text } = await run('tar', ['-xzOf', tarballs[name], 'package/package.json']);
    const { bin, man = [], exports = {} } = JSON.parse(text);
    const named: string[] = [...Object.values(bin), ...man, ...Object.values(exports)].map(String);
    for (const file of named) expect(files).toContain(file.replace('./', 'package/'));
    for (const file of ['README.md', 'LICENSE', 'dist/bundle/LICENCES.txt']) expect(files).toContain(`package/${file}`);
    expect(files.filter((file) => /\.(ts|map|tsbuildinfo)$|\/src\//.test(file))).toEqual([]);
  });
});

it('the gateway of the tarball runs', async () => {
  const { version } = JSON.parse(await readFile(join(gateway, 'package.json'), 'utf8'));
  const { stdout } = await run(join(directory, 'prefix', 'bin', 'gprxy-gateway'), ['--version']);
  expect(stdout).toBe(`${version}\n`);
});

it('no other package of the workspace can be published', async () => {
  for (const name of await readdir(join(root, 'packages'))) {
    const { private: isPrivate = false } = JSON.parse(
      await readFile(join(root, 'packages', name, 'package.json'), 'utf8'),
    );
    expect({ name, isPrivate }).toEqual({ name, isPrivate: !['cli', 'gateway'].includes(name) });
  }
});
