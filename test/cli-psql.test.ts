import { spawnSync } from 'node:child_process';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { startOidcProvider, startPostgres, type TestPostgres, type TestProvider } from '@gprxy/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type InstalledGprxy, installGprxy, Shell } from './gprxy-shell.testing.ts';

const hasPsql = spawnSync('psql', ['--version']).status === 0;
const whoIsThere = `gprxy psql sales -c 'select session_user, 40 + 2 as answer'`;
const table = [
  '    session_user    | answer ',
  '--------------------+--------',
  ' alice@corp.example |     42',
  '(1 row)',
  '',
  '',
].join('\n');

let gprxy: InstalledGprxy;
let provider: TestProvider;
let postgres: TestPostgres;
let shell: Shell;

// PostgreSQL itself takes the token here, as a password: what stands before it is the sidecar alone.
beforeAll(async () => {
  [gprxy, provider, postgres] = await Promise.all([
    installGprxy(),
    startOidcProvider(),
    startPostgres({ version: 18, database: 'sales', hba: 'hostssl all all all password' }),
  ]);
  shell = await Shell.open(gprxy);
  const upstream = `postgresql://localhost:${postgres.port}/sales?sslrootcert=${postgres.caFile}`;
  const login = shell.start(
    `gprxy login --insecure-storage --issuer ${provider.issuer} --client-id gprxy-cli --upstream ${upstream} --listen 127.0.0.1:0`,
  );
  await provider.approve((await login.says(/With the code filled in: (\S+)/))[1] ?? '', 'alice');
  await login.ended;
  const token = (await shell.run('gprxy get-token')).stdout.trim();
  await postgres.query(`create role "alice@corp.example" login password '${token}'`);
});
afterAll(async () => {
  await shell[Symbol.asyncDispose]();
  await Promise.all([postgres.stop(), provider.stop(), gprxy[Symbol.asyncDispose]()]);
});

/** A PATH on which there is no psql. */
async function withoutPsql(): Promise<{ PATH: string }> {
  const directory = join(shell.home, 'bin');
  await mkdir(directory, { recursive: true });
  await symlink(process.execPath, join(directory, 'node')).catch(() => {});
  return { PATH: directory };
}

describe.runIf(hasPsql)('gprxy psql without a running sidecar', () => {
  it('is the person in the database', async () => {
    expect(await shell.run(whoIsThere)).toEqual({ exitCode: 0, stderr: '', stdout: table });
  });

  it("passes psql's own arguments on", async () => {
    const { exitCode, stdout } = await shell.run(`gprxy psql sales -- -At -c 'select 1' -c 'select 2'`);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '1\n2\n' });
  });

  it("ends with psql's exit code", async () => {
    const failed = await shell.run(`gprxy psql sales -c 'selec 1'`);
    expect(failed).toMatchObject({ exitCode: 1, stdout: '' });
    expect(failed.stderr).toContain('syntax error at or near "selec"');
    expect(await shell.run(`gprxy psql nowhere -c 'select 1'`)).toMatchObject({ exitCode: 2 });
  });

  it('leaves Ctrl-C to psql, which cancels the statement and not gprxy', async () => {
    const psql = shell.start(`gprxy psql sales -c 'select pg_sleep(60)'`);
    await running('pg_sleep(60)');
    psql.interrupt();
    const { exitCode, stderr } = await psql.ended;
    expect(stderr).toMatch(/Cancel request sent\s+ERROR: {2}canceling statement due to user request/);
    expect(exitCode).toBe(1);
  });

  it('leaves no socket and no directory behind', async () => {
    const temporary = join(shell.home, 'tmp');
    await mkdir(temporary);
    await shell.run(whoIsThere, { TMPDIR: temporary });
    const { readdir } = await import('node:fs/promises');
    expect(await readdir(temporary)).toEqual([]);
  });
});

describe('gprxy psql where psql is missing', () => {
  it('runs -c with a client of its own, prints what psql prints, and says so', async () => {
    const { exitCode, stdout, stderr } = await shell.run(whoIsThere, await withoutPsql());
    expect({ exitCode, stdout }, stderr).toEqual({ exitCode: 0, stdout: table });
    expect(stderr).toContain('psql is not installed');
  });

  it
    .runIf(hasPsql)
    .each([
      "-c 'select 1 as a, null as b, $$x$$ as c; select 2 as d'",
      "-c 'values (1, $$long text$$), (22222, $$x$$)' -c 'create temp table t (i int)' -c 'show server_version'",
      "-At -c 'select 1, true, now() > now()'",
      "-c 'select 1 as one' -c ''",
      "-c 'create temp table t as select generate_series(1, 3) as i; update t set i = i + 1 returning i; drop table t'",
      "-c 'selec 1' -c 'select 2'",
      "-v ON_ERROR_STOP=1 -c 'selec 1' -c 'select 2'",
    ])('prints the same for %s', async (args) => {
    const withPsql = await shell.run(`gprxy psql sales -X ${args}`);
    const without = await shell.run(`gprxy psql sales -X ${args}`, await withoutPsql());
    expect({ stdout: without.stdout, exitCode: without.exitCode }, without.stderr).toEqual({
      stdout: withPsql.stdout,
      exitCode: withPsql.exitCode,
    });
  });

  it('cancels the statement at Ctrl-C', async () => {
    const psql = shell.start(`gprxy psql sales -c 'select pg_sleep(61)'`, await withoutPsql());
    await running('pg_sleep(61)');
    psql.interrupt();
    const { exitCode, stderr } = await psql.ended;
    expect(stderr).toContain('ERROR:  canceling statement due to user request');
    expect(exitCode).toBe(1);
  });

  it('ends with 7 and says what the server said when it lets nobody in', async () => {
    const { exitCode, stdout, stderr } = await shell.run(`gprxy psql nowhere -c 'select 1'`, await withoutPsql());
    expect({ exitCode, stdout }, stderr).toEqual({ exitCode: 7, stdout: '' });
    expect(stderr).toContain('database "nowhere" does not exist');
  });

  it('says how to install psql for an interactive session', async () => {
    const { exitCode, stdout, stderr } = await shell.run('gprxy psql sales', await withoutPsql());
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toMatch(/install|brew/);
  });
});

describe('a sidecar in the background', () => {
  it('starts, serves every client, tells its status, and stops', async () => {
    expect(await shell.run('gprxy status')).toMatchObject({ exitCode: 1, stdout: '' });

    const start = await shell.run('gprxy start --detach');
    expect(start).toMatchObject({ exitCode: 0, stdout: '' });
    expect(start.stderr).toMatch(/Listening on 127\.0\.0\.1:\d+ \(profile "default"\)/);
    expect(start.stderr).toContain(`Log: ${join(shell.home, 'state', 'gprxy.log')}`);

    const dsn = (await shell.run('gprxy dsn sales')).stdout.trim();
    expect(dsn).toMatch(/^postgresql:\/\/localhost:\d+\/sales\?sslmode=disable$/);
    const client = new pg.Client((await shell.run('gprxy dsn sales --for node')).stdout.trim());
    await client.connect();
    expect((await client.query('select session_user')).rows).toEqual([{ session_user: 'alice@corp.example' }]);

    const status = JSON.parse((await shell.run('gprxy status --json')).stdout);
    expect(status).toMatchObject({ version: 1, running: true, listeners: [{ profile: 'default', connections: 1 }] });
    await client.end();
    if (hasPsql) expect(await shell.run(whoIsThere)).toEqual({ exitCode: 0, stderr: '', stdout: table });

    const again = await shell.run('gprxy start --detach');
    expect(again.exitCode).toBe(0);
    expect(again.stderr).toContain('already running');

    expect(await shell.run('gprxy stop')).toMatchObject({ exitCode: 0, stdout: '' });
    expect((await shell.run('gprxy status')).exitCode).toBe(1);
  });

  it('in the foreground ends at Ctrl-C', async () => {
    const start = shell.start('gprxy start');
    await start.says(/Listening on/);
    start.interrupt();
    const { exitCode, stdout, stderr } = await start.ended;
    expect({ exitCode, stdout }, stderr).toEqual({ exitCode: 0, stdout: '' });
    expect(stderr).toContain('Stopped.');
  });
});

async function running(statement: string): Promise<void> {
  const active = "select 1 from pg_stat_activity where state = 'active' and query like $1 and pid <> pg_backend_pid()";
  const isActive = async () => (await postgres.query(active, [`%${statement}%`])).length > 0;
  await expect.poll(isActive, { timeout: 20_000, interval: 20 }).toBe(true);
}
