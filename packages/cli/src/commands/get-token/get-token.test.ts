import { describe, expect, it } from 'vitest';
import { aliceToken, prodProfile, runInWorld, testNow } from '../../dependencies.testing.ts';
import { parseArguments } from '../../parse-arguments.testing.ts';

describe('get-token: arguments to options', () => {
  it.each([
    { args: [], env: {}, options: { format: 'raw' } },
    { args: ['--profile', 'prod'], env: {}, options: { format: 'raw', profile: 'prod' } },
    { args: ['--format', 'json', '--min-ttl', '5m'], env: {}, options: { format: 'json', minTtl: 300_000 } },
    { args: ['--min-ttl', '90'], env: {}, options: { format: 'raw', minTtl: 90_000 } },
    { args: [], env: { GPRXY_PROFILE: 'prod' }, options: { format: 'raw', profile: 'prod' } },
    { args: ['--profile', 'dev'], env: { GPRXY_PROFILE: 'prod' }, options: { format: 'raw', profile: 'dev' } },
    {
      args: ['--audience', 'https://reports.example', '--scope', 'a b', '--scope', 'c'],
      env: {},
      options: { format: 'raw', audience: 'https://reports.example', scope: ['a', 'b', 'c'] },
    },
    { args: [], env: { GPRXY_SCOPE: 'a b' }, options: { format: 'raw', scope: ['a', 'b'] } },
    { args: [], env: { GPRXY_MIN_TTL: '1h' }, options: { format: 'raw', minTtl: 3_600_000 } },
  ])('reads $args with $env', async ({ args, env, options }) => {
    expect(await parseArguments(['get-token', ...args], env)).toEqual({ command: 'getToken', options });
  });

  it.each([[['--format', 'xml']], [['--min-ttl', 'soon']], [['--nonsense']], [['more']]])(
    'refuses %j with exit code 2',
    async (args) => {
      const { exitCode, stdout, stderr } = await runInWorld(['get-token', ...args]);
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
      expect(stderr).toContain('Run "gprxy get-token --help".');
    },
  );
});

describe('get-token: options to output', () => {
  it('prints the token and nothing else', async () => {
    const { exitCode, stdout, stderr } = await runInWorld(['get-token'], { config: prodProfile });
    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: 'access-token-of-alice\n', stderr: '' });
  });

  it('prints versioned JSON', async () => {
    const { stdout } = await runInWorld(['get-token', '--format', 'json'], { config: prodProfile });
    expect(JSON.parse(stdout)).toEqual({
      version: 1,
      token: 'access-token-of-alice',
      expiresAt: new Date(testNow + 3_600_000).toISOString(),
      issuer: 'https://login.corp.example',
      subject: 'u-1',
      email: 'alice@corp.example',
    });
  });

  it('prints a pgpass line for the upstream, with colons and backslashes escaped', async () => {
    const token = { ...aliceToken, token: 'a:b\\c' };
    const { stdout } = await runInWorld(['get-token', '--format', 'pgpass'], {
      config: prodProfile,
      credentials: { createOidcTokenSource: () => ({ getToken: async () => token }) },
    });
    expect(stdout).toBe('gateway.corp.example:6432:*:alice@corp.example:a\\:b\\\\c\n');
  });

  it('asks for a token that lives as long as --min-ttl says', async () => {
    const asked: unknown[] = [];
    await runInWorld(['get-token', '--min-ttl', '5m'], {
      config: prodProfile,
      credentials: {
        createOidcTokenSource: () => ({
          getToken: async (_signal, options) => {
            asked.push(options);
            return aliceToken;
          },
        }),
      },
    });
    expect(asked).toEqual([{ minTtlMs: 300_000 }]);
  });

  it('warns where the provider gives no token that lives so long, beside the one that there is', async () => {
    const { exitCode, stdout, stderr } = await runInWorld(['get-token', '--min-ttl', '2h'], { config: prodProfile });
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'access-token-of-alice\n' });
    expect(stderr).toMatch(/warning: the token expires in 1 hour, .*\n {2}.* shorter --min-ttl\.\n$/);
  });

  it.each([
    { code: 'ERR_LOGIN_NEEDED', exitCode: 4 },
    { code: 'ERR_LOGIN_DENIED', exitCode: 5 },
    { code: 'ERR_PROVIDER_UNREACHABLE', exitCode: 6 },
    { code: 'ERR_STORE_LOCKED', exitCode: 8 },
    { code: 'ERR_ABORTED', exitCode: 130, stderr: 'Cancelled.\n' },
  ])('ends with $exitCode for $code and keeps standard output empty', async ({ code, exitCode, stderr }) => {
    const error = Object.assign(new Error('it went wrong'), { code, hint: 'Do this next.' });
    const createOidcTokenSource = () => ({ getToken: () => Promise.reject(error) });
    const result = await runInWorld(['get-token'], { config: prodProfile, credentials: { createOidcTokenSource } });
    expect(result).toMatchObject({ exitCode, stdout: '', stderr: stderr ?? 'gprxy: it went wrong\n  Do this next.\n' });
  });

  it('tells that a token from a file cannot be for another audience', async () => {
    const config =
      '[profiles.job]\ncredential = "file"\ntoken_file = "t"\nupstream = "postgresql://db.example"\nuser = "job"\n';
    const { exitCode, stdout, stderr } = await runInWorld(['get-token', '--audience', 'x'], { config });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain('credential = "file" of profile "job" gives tokens for the upstream only');
  });

  it('ends with 3 and says how to begin where there is no configuration', async () => {
    const { exitCode, stdout, stderr } = await runInWorld(['get-token']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toContain('gprxy login --issuer');
  });
});
