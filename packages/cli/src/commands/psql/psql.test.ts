import { stat } from 'node:fs/promises';
import type { SidecarOptions } from '@gprxy/sidecar';
import { describe, expect, it } from 'vitest';
import { prodProfile, runInWorld, runningStatus, type TestWorld } from '../../dependencies.testing.ts';
import { parseArguments } from '../../parse-arguments.testing.ts';

describe('psql: arguments to options', () => {
  it.each([
    { args: [], options: { args: [] } },
    { args: ['sales'], options: { database: 'sales', args: [] } },
    { args: ['sales', '-c', 'select 1'], options: { database: 'sales', args: ['-c', 'select 1'] } },
    { args: ['-c', 'select 1'], options: { args: ['-c', 'select 1'] } },
    { args: ['sales', '--', '-c', 'select 1'], options: { database: 'sales', args: ['-c', 'select 1'] } },
    { args: ['--', '-c', 'select 1'], options: { args: ['-c', 'select 1'] } },
    { args: ['--profile', 'prod', 'sales', '--csv'], options: { profile: 'prod', database: 'sales', args: ['--csv'] } },
    {
      args: ['sales', '-P', 'format=csv', '--help'],
      options: { database: 'sales', args: ['-P', 'format=csv', '--help'] },
    },
  ])('reads $args', async ({ args, options }) => {
    expect(await parseArguments(['psql', ...args])).toEqual({ command: 'psql', options });
  });
});

describe('psql: options to the program that is run', () => {
  const status = runningStatus([{ address: '127.0.0.1:6543' }]);

  it('points psql at the running sidecar', async () => {
    const { programs } = await runInWorld(['psql', 'sales', '-c', 'select 1'], { config: prodProfile, status });
    expect(programs).toMatchObject([
      {
        command: 'psql',
        args: ['-c', 'select 1'],
        env: {
          PGHOST: '127.0.0.1',
          PGPORT: '6543',
          PGDATABASE: 'sales',
          PGUSER: 'alice@corp.example',
          PGSSLMODE: 'disable',
        },
      },
    ]);
  });

  it('S16 offers no password to whoever asks on that port', async () => {
    const env = { PGPASSWORD: 'hunter2', PGSERVICE: 'other', PGHOSTADDR: '192.0.2.1', PGSSLNEGOTIATION: 'direct' };
    const { programs } = await runInWorld(['psql'], { config: prodProfile, status, env });
    expect(programs[0]?.env).toMatchObject({ PGREQUIREAUTH: 'none', PGPASSFILE: expect.stringContaining('pgpass') });
    for (const name of Object.keys(env)) expect(programs[0]?.env).not.toHaveProperty(name);
  });

  it('S18 passes no token in arguments or environment', async () => {
    const { programs } = await runInWorld(['psql', 'sales'], { config: prodProfile, status });
    expect(JSON.stringify(programs)).not.toContain('access-token-of-alice');
  });

  it.each([
    { env: {}, database: 'sales' },
    { env: { PGDATABASE: 'crm' }, database: 'crm' },
  ])('takes the database from $env and then from the upstream', async ({ env, database }) => {
    const { programs } = await runInWorld(['psql'], { config: prodProfile, status, env });
    expect(programs[0]?.env.PGDATABASE).toBe(database);
  });

  describe('where nobody has named a database', () => {
    const config = prodProfile.replace('6432/sales', '6432');
    const failing = { config, status, runProgram: async () => 2 };

    it.each([{ args: [] }, { args: ['-c', 'select 1'] }, { args: ['--', '-At'] }])(
      'and the connection fails, says how to name one: $args',
      async ({ args }) => {
        const { exitCode, stderr } = await runInWorld(['psql', ...args], failing);
        expect(exitCode).toBe(2);
        expect(stderr).toContain('no database was named, so psql asked for "postgres".\n  Run "gprxy psql DATABASE"');
      },
    );

    it.each([
      { what: 'psql was told by an option of its own', world: failing, args: ['-d', 'crm'] },
      { what: 'psql was told by a word of its own', world: failing, args: ['--', '-At', '-c', 'select 1', 'crm'] },
      { what: 'the connection was there', world: { ...failing, runProgram: async () => 1 }, args: [] },
      { what: 'one was named', world: failing, args: ['crm'] },
      { what: 'the profile has one', world: { ...failing, config: prodProfile }, args: [] },
    ])('says nothing where $what', async ({ world, args }) => {
      expect((await runInWorld(['psql', ...args], world)).stderr).toBe('');
    });
  });

  it('lists the databases from the one that was named, which psql would not', async () => {
    const { programs } = await runInWorld(['psql', 'crm', '-l'], { config: prodProfile, status });
    expect(programs[0]?.args).toEqual(['--dbname', 'crm', '-l']);
  });

  it('gives back the exit code of psql', async () => {
    const { exitCode } = await runInWorld(['psql'], { config: prodProfile, status, runProgram: async () => 3 });
    expect(exitCode).toBe(3);
  });

  it('ends with 4 before psql is started when the login is over', async () => {
    const error = Object.assign(new Error('nobody is signed in'), { code: 'ERR_LOGIN_NEEDED' });
    const createOidcTokenSource = () => ({ getToken: () => Promise.reject(error) });
    const world = { config: prodProfile, status, credentials: { createOidcTokenSource } };
    expect(await runInWorld(['psql'], world)).toMatchObject({ exitCode: 4, programs: [] });
  });
});

it('S16 shows a running sidecar that asks for a password that one, and to nobody else', async () => {
  const status = runningStatus([{ localAuth: 'password', passwordFile: '/state/pgpass' }]);
  const { programs } = await runInWorld(['psql'], { config: prodProfile, status });
  expect(programs[0]?.env).toMatchObject({ PGPASSFILE: '/state/pgpass', PGREQUIREAUTH: 'scram-sha-256' });
});

describe('psql without a running sidecar', () => {
  it('serves one of its own on a socket only this user can reach, until psql ends', async () => {
    const seen: string[] = [];
    const { exitCode, programs, stderr } = await runInWorld(['psql', 'sales'], {
      config: prodProfile,
      ...privateSidecar(seen),
      runProgram: async ({ env }) => {
        const { mode } = await stat(env.PGHOST ?? '');
        seen.push(`psql with directory ${(mode & 0o777).toString(8)}`);
        return 0;
      },
    });
    expect(exitCode, stderr).toBe(0);
    expect(seen).toEqual(['start without control socket', 'psql with directory 700', 'close']);
    await expect(stat(programs[0]?.env.PGHOST ?? '')).rejects.toThrow('ENOENT');
  });

  it('tells once what keeps it from starting, and starts no psql', async () => {
    const { createLog, startSidecar } = await import('@gprxy/sidecar');
    const config = prodProfile.replace('/sales', '/sales?sslmode=disable');
    const result = await runInWorld(['psql', 'sales'], { config, sidecars: { createLog, startSidecar } });
    expect(result).toMatchObject({ exitCode: 3, programs: [] });
    expect(result.stderr.match(/the upstream cannot be used/g)).toHaveLength(1);
  });

  it('uses a port on loopback where libpq has no Unix sockets', async () => {
    // Too long for a socket, so that the temporary directory is taken: this machine cannot make one of Windows.
    const env = { GPRXY_STATE_DIR: `C:\\Users\\${'alice'.repeat(20)}` };
    const world = { config: prodProfile, platform: 'win32', env, ...privateSidecar([]) } as const;
    const { programs, stderr } = await runInWorld(['psql'], world);
    expect(programs[0]?.env, stderr).toMatchObject({
      PGHOST: '127.0.0.1',
      PGPORT: '45678',
      PGPASSFILE: expect.stringMatching(/gprxy-.*pgpass$/),
      PGREQUIREAUTH: 'scram-sha-256',
    });
  });
});

function privateSidecar(seen: string[]): TestWorld {
  const startSidecar = async ({ profiles: [profile], controlSocketPath, passwordFile }: SidecarOptions) => {
    seen.push(controlSocketPath === undefined ? 'start without control socket' : 'start with control socket');
    const listen = profile?.listen[0] ?? { path: '' };
    const asked = profile?.localAuth === 'password' ? { passwordFile: passwordFile ?? '' } : {};
    const address = 'path' in listen ? listen.path : `${listen.host}:${listen.port || 45678}`;
    return {
      listeners: [{ profile: 'prod', address }],
      problems: [],
      status: () => runningStatus([{ address, ...asked }]),
      reload: async () => ({ added: [], changed: [], removed: [], problems: [] }),
      closed: Promise.resolve({ forced: 0 }),
      async close() {
        seen.push('close');
        return { forced: 0 };
      },
    };
  };
  return { sidecars: { startSidecar } };
}
