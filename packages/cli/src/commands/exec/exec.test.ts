import { describe, expect, it } from 'vitest';
import { prodProfile, runInWorld, runningStatus } from '../../dependencies.testing.ts';
import { parseArguments } from '../../parse-arguments.testing.ts';

const status = runningStatus([{ address: '127.0.0.1:6543' }]);

describe('exec: arguments to options', () => {
  it.each([
    { args: ['--', 'env'], options: { command: 'env', args: [] } },
    { args: ['sales', '--', 'env'], options: { database: 'sales', command: 'env', args: [] } },
    { args: ['--', 'sh', '-c', 'env'], options: { command: 'sh', args: ['-c', 'env'] } },
    { args: ['--', 'sh', '--', 'x'], options: { command: 'sh', args: ['--', 'x'] } },
    {
      args: ['sales', '--', 'npm', 'run', '--profile'],
      options: { database: 'sales', command: 'npm', args: ['run', '--profile'] },
    },
    {
      args: ['sales', '--profile', 'prod', '--', 'env'],
      options: { profile: 'prod', database: 'sales', command: 'env', args: [] },
    },
    { args: ['--tcp', '--', 'java'], options: { tcp: true, command: 'java', args: [] } },
  ])('reads $args', async ({ args, options }) => {
    expect(await parseArguments(['exec', ...args])).toEqual({ command: 'exec', options });
  });

  it.each([
    { args: [], says: 'Run "gprxy exec --help".' },
    { args: ['--'], says: 'Run "gprxy exec --help".' },
    {
      args: ['env'],
      says: 'Put "--" in front of it: gprxy exec -- env, or behind the database: gprxy exec env -- COMMAND',
    },
    { args: ['psql', 'sales'], says: 'Put "--" in front of it: gprxy exec -- psql sales\n' },
    {
      args: ['sales', 'psql', '-c', 'select 1'],
      says: 'A command goes behind "--": gprxy exec [DATABASE] -- COMMAND.',
    },
    { args: ['sales', 'crm', '--', 'env'], says: 'one database at most' },
    { args: ['--nonsense', '--', 'env'], says: 'Run "gprxy exec --help".' },
  ])('refuses $args with exit code 2', async ({ args, says }) => {
    const { exitCode, stdout, stderr, programs } = await runInWorld(['exec', ...args], { config: prodProfile, status });
    expect({ exitCode, stdout, programs }).toEqual({ exitCode: 2, stdout: '', programs: [] });
    expect(stderr).toContain(says);
  });
});

describe('exec: options to the program that is run', () => {
  it('tells the program where the running sidecar is, as libpq and as DATABASE_URL users read it', async () => {
    const { programs } = await runInWorld(['exec', 'o dd', '--', 'env', '-0'], { config: prodProfile, status });
    expect(programs).toMatchObject([
      {
        command: 'env',
        args: ['-0'],
        env: {
          PGHOST: '127.0.0.1',
          PGPORT: '6543',
          PGDATABASE: 'o dd',
          PGUSER: 'alice@corp.example',
          PGSSLMODE: 'disable',
          DATABASE_URL: 'postgresql://alice%40corp.example@127.0.0.1:6543/o%20dd?sslmode=disable',
        },
      },
    ]);
  });

  it('S16 hands on no password and no service of the environment it was called in', async () => {
    const env = { PGPASSWORD: 'hunter2', PGSERVICE: 'other', PGSERVICEFILE: '/x', PGHOSTADDR: '192.0.2.1' };
    const theirs = { ...env, DATABASE_URL: 'postgresql://bob:hunter2@192.0.2.1/other', LANG: 'C' };
    const { programs } = await runInWorld(['exec', '--', 'env'], { config: prodProfile, status, env: theirs });
    for (const name of Object.keys(env)) expect(programs[0]?.env).not.toHaveProperty(name);
    expect(programs[0]?.env).toMatchObject({ PGREQUIREAUTH: 'none', LANG: 'C' });
    expect(JSON.stringify(programs)).not.toContain('hunter2');
  });

  it('S18 passes no token in arguments or environment', async () => {
    const { programs } = await runInWorld(['exec', 'sales', '--', 'env'], { config: prodProfile, status });
    expect(JSON.stringify(programs)).not.toContain('access-token-of-alice');
  });

  it('prefers the port to the socket where the program needs one', async () => {
    const both = runningStatus([{ address: '/run/gprxy/.s.PGSQL.5432' }, { address: '127.0.0.1:6543' }]);
    const hostFor = async (...args: string[]) =>
      (await runInWorld(['exec', ...args, '--', 'env'], { config: prodProfile, status: both })).programs[0]?.env.PGHOST;
    expect(await hostFor()).toBe('/run/gprxy');
    expect(await hostFor('--tcp')).toBe('127.0.0.1');
  });

  it.each([
    { outcome: async () => 3, exitCode: 3, says: '' },
    { outcome: async () => 143, exitCode: 143, says: '' },
    { outcome: async () => undefined, exitCode: 127, says: 'gprxy: there is no command "report"' },
    {
      outcome: () => Promise.reject(Object.assign(new Error('spawn EACCES'), { code: 'EACCES' })),
      exitCode: 126,
      says: 'gprxy: the command "report" cannot be started (EACCES)',
    },
  ])('ends with $exitCode', async ({ outcome, exitCode, says }) => {
    const world = { config: prodProfile, status, runProgram: outcome };
    const result = await runInWorld(['exec', '--', 'report'], world);
    expect(result).toMatchObject({ exitCode, stdout: '' });
    expect(result.stderr).toContain(says);
  });

  it('ends with 4 before the program is started when the login is over', async () => {
    const error = Object.assign(new Error('nobody is signed in'), { code: 'ERR_LOGIN_NEEDED' });
    const createOidcTokenSource = () => ({ getToken: () => Promise.reject(error) });
    const world = { config: prodProfile, status, credentials: { createOidcTokenSource } };
    expect(await runInWorld(['exec', '--', 'env'], world)).toMatchObject({ exitCode: 4, programs: [] });
  });
});
