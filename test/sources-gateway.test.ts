import { chmod, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CI_SECRET, has, type Stack, startStack } from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type InstalledGprxy, installGprxy, Shell } from './gprxy-shell.testing.ts';

const whoAmI = 'select session_user';
const CANARY = 'canary-of-a-token-that-nobody-takes-0123456789';

/** The installed gprxy, a real gateway before a real PostgreSQL, and tokens that the real provider has given to alice's login. */
let stack: Stack;
let gprxy: InstalledGprxy;
let shell: Shell;
let token: string;
beforeAll(async () => {
  // Before the rule that goes by groups, which a job's token does not tell.
  const jobs = {
    gatewayClients: ['gprxy-ci'],
    gatewayIssuer: 'name_claim = "sub"',
    gatewayHead: '[[rules]]\nmatch = { client_id = ["gprxy-ci"] }\nrole = "{sub}"\n',
  };
  [stack, gprxy] = await Promise.all([startStack(jobs), installGprxy()]);
  await stack.postgres.createUser('gprxy-ci');
  shell = await Shell.open(gprxy);
  await configure('credential = "env"\ntoken_env = "CI_JOB_TOKEN"');
  const login = shell.start('gprxy login --profile demo --insecure-storage --device');
  await stack.provider.approve((await login.says(/With the code filled in: (\S+)/))[1] ?? '', 'alice');
  await login.ended;
  token = (await shell.run('gprxy get-token --profile demo')).stdout.trim();
});
afterAll(async () => {
  await shell[Symbol.asyncDispose]();
  await Promise.all([stack.stop(), gprxy[Symbol.asyncDispose]()]);
});

/** Profile `demo` signs people in; `test` is what a test makes of it. */
async function configure(rows: string): Promise<void> {
  const test = `[profiles.test]\nupstream = "${upstream()}"\n${rows}\n`;
  await write('config/gprxy/config.toml', `default_profile = "test"\n${stack.profile()}${test}`);
}

const upstream = () =>
  `postgresql://localhost:${stack.gateway.port}/sales?sslrootcert=${encodeURIComponent(stack.caFile)}`;

async function write(name: string, text: string, mode = 0o600): Promise<string> {
  const path = join(shell.home, name);
  await mkdir(join(path, '..'), { recursive: true, mode: 0o700 });
  await writeFile(`${path}.new`, text, { mode });
  await chmod(`${path}.new`, mode);
  await rename(`${path}.new`, path);
  return path;
}

const asWhom = (env = {}) => shell.run(`gprxy exec sales -- node -e "${program}"`, env);
const program = `const c = new (require('${join(import.meta.dirname, '../node_modules/pg')}').Client)(); c.connect().then(() => c.query('${whoAmI}')).then((r) => { console.log(r.rows[0].session_user); return c.end(); }).catch((e) => { console.error(e.code, e.message, e.hint); process.exit(1); })`;
const alice = { exitCode: 0, stderr: '', stdout: 'alice@corp.example\n' };

describe('a token from somewhere else, through the gateway', () => {
  it('comes out of a command: here gprxy itself, for another profile', async () => {
    const command = [process.execPath, gprxy.bin, 'get-token', '--profile', 'demo', '--format', 'json'];
    await configure(`credential = "exec"\ncommand = ${JSON.stringify(command)}`);
    expect(await asWhom()).toEqual(alice);
  });

  it('comes out of a plugin for kubectl', async () => {
    const status = { token, expirationTimestamp: new Date(Date.now() + 120_000).toISOString() };
    const credential = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status };
    await write(
      'config/gprxy/plugin.mjs',
      `#!${process.execPath}\nconsole.log('${JSON.stringify(credential)}')`,
      0o700,
    );
    await configure('credential = "exec"\ncommand = ["./plugin.mjs"]');
    expect(await asWhom()).toEqual(alice);
    const { stdout } = await shell.run('gprxy get-token --format json');
    expect(JSON.parse(stdout)).toMatchObject({
      token,
      expiresAt: status.expirationTimestamp,
      email: 'alice@corp.example',
    });
  });

  it('comes out of a file, which the running sidecar reads again when it is replaced', async () => {
    const file = await write('run/token', CANARY);
    await configure(`credential = "file"\ntoken_file = "${file}"\nuser = "alice@corp.example"\nlisten = "127.0.0.1:0"`);
    expect(await shell.run('gprxy start --detach')).toMatchObject({ exitCode: 0 });
    try {
      const refused = await asWhom();
      expect(refused).toMatchObject({
        exitCode: 1,
        stdout: '',
        stderr: expect.stringMatching(/^28P01 the access token is not accepted/),
      });
      await write('run/token', token);
      expect(await asWhom()).toEqual(alice);
      expect((await shell.run('gprxy status --json')).stdout).not.toContain(CANARY);
    } finally {
      expect(await shell.run('gprxy stop')).toMatchObject({ exitCode: 0 });
    }
  });

  it('comes out of the environment of a job', async () => {
    await configure('credential = "env"\ntoken_env = "CI_JOB_TOKEN"');
    expect(await asWhom({ CI_JOB_TOKEN: token })).toEqual(alice);
    expect(await asWhom()).toMatchObject({
      exitCode: 3,
      stdout: '',
      stderr: expect.stringMatching(/CI_JOB_TOKEN is not set/),
    });
  });

  it('is what a job gets by its client secret', async () => {
    const secret = await write('run/secret', `${CI_SECRET}\n`);
    const { issuer, audience } = stack.provider;
    const keys = [
      `issuer = "${issuer}"`,
      'client_id = "gprxy-ci"',
      `resource = "${audience}"`,
      'scopes = ["db:connect"]',
    ];
    await configure(`credential = "client-credentials"\n${keys.join('\n')}\nclient_secret_file = "${secret}"`);
    expect(await asWhom()).toEqual({ ...alice, stdout: 'gprxy-ci\n' });
  });

  it.runIf(has.psql)('serves psql as well', async () => {
    await configure('credential = "env"\ntoken_env = "CI_JOB_TOKEN"');
    const ended = await shell.run(`gprxy psql sales -- -XAtc '${whoAmI}'`, { CI_JOB_TOKEN: token });
    expect(ended).toEqual(alice);
  });
});

describe('a credential that needs no login', () => {
  it.each(['login --insecure-storage', 'logout', 'whoami'])('is not asked for one by gprxy %s', async (line) => {
    await configure('credential = "env"\ntoken_env = "CI_JOB_TOKEN"');
    const ended = await shell.run(`gprxy ${line}`, { CI_JOB_TOKEN: token });
    expect(ended).toMatchObject({ exitCode: 2, stdout: '' });
    expect(ended.stderr).toMatch(/profile "test" needs no login[\s\S]*credential = "env"[\s\S]*gprxy get-token/);
  });
});

describe('S18 a credential that does not work is told without itself', () => {
  it.each([
    [
      'a command that fails',
      [
        'credential = "exec"',
        `command = ${JSON.stringify([process.execPath, '-e', `console.log('${CANARY}'); console.error('no: ${CANARY}'); process.exit(9)`])}`,
      ],
      /ended with exit code 9: no: \[redacted\]/,
    ],
    [
      'a file of two lines',
      ['credential = "file"', 'token_file = "two-lines"'],
      /has 2 lines, where one token was expected/,
    ],
    [
      'a token that the gateway refuses',
      ['credential = "env"', 'token_env = "BAD_TOKEN"', 'user = "alice@corp.example"'],
      /28\w{3}/,
    ],
  ])('%s', async (_, rows, message) => {
    await write('config/gprxy/two-lines', `${CANARY}\n${CANARY}\n`);
    await configure(rows.join('\n'));
    const env = { BAD_TOKEN: CANARY, GPRXY_DEBUG: '1' };
    const { exitCode, stdout, stderr } = await asWhom(env);
    expect(exitCode).not.toBe(0);
    expect(stderr).toMatch(message);
    expect(stdout + stderr).not.toContain(CANARY);
  });
});
