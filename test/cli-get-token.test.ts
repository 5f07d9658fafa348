import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { CI_SECRET, startOidcProvider, type TestProvider } from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type InstalledGprxy, installGprxy, Shell } from './gprxy-shell.testing.ts';

const reports = 'https://reports.corp.example';
const upstream = 'postgresql://gateway.corp.example:6432/sales';

let gprxy: InstalledGprxy;
let provider: TestProvider;
let shell: Shell;

beforeAll(async () => {
  [gprxy, provider] = await Promise.all([installGprxy(), startOidcProvider()]);
  shell = await Shell.open(gprxy, { CI_SECRET });
  const directory = join(shell.home, 'config/gprxy');
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'config.toml'), profiles());
});
afterAll(async () => {
  await shell[Symbol.asyncDispose]();
  await provider.stop();
  await gprxy[Symbol.asyncDispose]();
});

function profiles(): string {
  const common = [`issuer = "${provider.issuer}"`, `upstream = "${upstream}"`];
  const job = ['credential = "client-credentials"', 'client_id = "gprxy-ci"', 'client_secret_env = "CI_SECRET"'];
  const tables = [
    ['[profiles.prod]', ...common, 'client_id = "gprxy-cli"'],
    ['[profiles.job]', ...common, ...job, 'user = "job"', `resource = "${provider.audience}"`, 'scopes = []'],
  ];
  return ['default_profile = "prod"', ...tables.flat(), ''].join('\n');
}

async function tokenOf(line: string): Promise<string> {
  const { exitCode, stdout, stderr } = await shell.run(line);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return stdout.trim();
}

function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

describe('gprxy get-token for somebody else than the upstream', () => {
  it('gives a person a token with other scopes, keeps it apart, and leaves the login as it is', async () => {
    const login = shell.start('gprxy login --insecure-storage --device --no-open');
    await provider.approve((await login.says(/With the code filled in: (\S+)/))[1] ?? '', 'alice');
    expect(await login.ended).toMatchObject({ exitCode: 0 });
    const usual = await tokenOf('gprxy get-token');

    const narrow = await tokenOf('gprxy get-token --scope openid --scope email');
    expect(narrow).not.toBe(usual);
    expect(claimsOf(narrow)).toMatchObject({ sub: 'alice' });
    const requests = provider.requests('token');
    expect(await tokenOf('gprxy get-token --scope "email openid"')).toBe(narrow);
    expect(await tokenOf('gprxy get-token')).toBe(usual);
    expect(provider.requests('token')).toBe(requests);
  });

  it('ends with 5 and the words of a provider that does not allow it', async () => {
    const { exitCode, stdout, stderr } = await shell.run(`gprxy get-token --audience ${reports}`);
    expect({ exitCode, stdout }).toEqual({ exitCode: 5, stdout: '' });
    expect(stderr).toContain('invalid_target');
  });

  it('forgets it at logout', async () => {
    expect(await shell.run('gprxy logout')).toMatchObject({ exitCode: 0 });
    expect(await shell.run('gprxy get-token --scope openid --scope email')).toMatchObject({ exitCode: 4, stdout: '' });
  });

  it('gives a job a token for another audience', async () => {
    expect(claimsOf(await tokenOf('gprxy get-token --profile job'))).toMatchObject({ aud: provider.audience });
    const other = claimsOf(await tokenOf(`gprxy get-token --profile job --audience ${reports}`));
    expect(other).toMatchObject({ aud: reports, client_id: 'gprxy-ci' });
  });
});

it('says after a moment what it waits for, and at the end who did not answer, and for how long', async () => {
  await using silent = await silentProvider();
  const { host } = new URL(silent.issuer);
  const described = `--issuer ${silent.issuer} --client-id gprxy-cli --upstream ${upstream}`;
  const login = shell.start(`gprxy login --profile silent --insecure-storage ${described}`);
  await login.says(new RegExp(`^gprxy: waiting for ${host} to answer \\.\\.\\.$`, 'm'));
  const { exitCode, stderr } = await login.ended;
  expect(exitCode).toBe(6);
  expect(stderr).toContain(`the identity provider ${silent.issuer} cannot be reached: no answer within 10 s`);
  expect(stderr.split('waiting for').length).toBe(2);
});

/** As one whose process was stopped: the system takes connections for it, and nobody reads what comes. */
async function silentProvider(): Promise<AsyncDisposable & { issuer: string }> {
  const server = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { issuer: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: async () => void server.close() };
}
