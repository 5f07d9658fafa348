import { alice, has, programs, type Stack, spawnProgram, startStack } from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { libpqEnvironment, type Route } from '../route.ts';
import { startSidecar } from '../sidecar.ts';

/** A gateway whose administrator allows replication to this database, and alice a role that may replicate. */
describe.runIf(has.postgres15)('S40 replication, through sidecar and gateway', { timeout: 60_000 }, () => {
  let stack: Stack;
  let direct: Route;
  let gprxy: Route;
  beforeAll(async () => {
    stack = await startStack({
      version: 18,
      people: [alice],
      configuration: { wal_level: 'logical' },
      gatewayHead: `allow_privileged_logins = ["${alice.email}"]`,
      gatewayDatabase: 'startup = { allow = ["*"], replication = true }',
    });
    const { postgres, caFile, gatewayCertificate } = stack;
    await postgres.query(`ALTER ROLE "${alice.email}" REPLICATION`);
    await postgres.query('CREATE TABLE items (id int PRIMARY KEY, name text)');
    const { port } = await startSidecar(stack, {});
    const alices = { user: alice.email, database: postgres.database };
    const tls = { ca: '', cert: '', key: '', keyDerFile: '', caFile, ...gatewayCertificate };
    direct = { name: 'direct', host: 'localhost', port: postgres.port, tls, ...alices };
    gprxy = { name: 'gprxy', host: '127.0.0.1', port, ...alices };
  }, 60_000);
  afterAll(() => stack?.stop());

  const run = (program: string, route: Route, ...args: string[]) =>
    spawnProgram({
      command: `${programs.postgres15}/${program}`,
      args: [...args, '--no-password'],
      env: { PATH: process.env.PATH, HOME: '/nonexistent', LC_ALL: 'C.UTF-8', ...libpqEnvironment(route) },
    }).ended;

  it('pg_recvlogical makes a slot, and streams the same changes as on a direct connection', async () => {
    const recvlogical = (route: Route, ...args: string[]) =>
      run('pg_recvlogical', route, '--dbname=sales', `--slot=slot_${route.name}`, ...args);
    for (const route of [direct, gprxy]) {
      const made = await recvlogical(route, '--create-slot', '--plugin=test_decoding');
      expect(made).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    }
    const wide = "repeat('x', 2000000)";
    await stack.postgres.query(`INSERT INTO items SELECT i, 'item ' || i FROM generate_series(1, 5000) i`);
    await stack.postgres.query(`UPDATE items SET name = ${wide} WHERE id = 1; DELETE FROM items WHERE id = 2`);
    const [row] = await stack.postgres.query('SELECT pg_current_wal_insert_lsn() AS lsn');
    const stream = (route: Route) => {
      const end = [`--endpos=${row?.lsn}`, '--no-loop'];
      return recvlogical(route, '--start', '--file=-', '--option=include-xids=0', ...end);
    };
    await stack.postgres.query("INSERT INTO items VALUES (9999, 'behind the end')");
    const [seen, seenDirectly] = [await stream(gprxy), await stream(direct)];
    expect(seen).toEqual(seenDirectly);
    expect(seen.stdout.length).toBeGreaterThan(2_000_000);
    expect(seen.stdout).toContain("table public.items: INSERT: id[integer]:5000 name[text]:'item 5000'");
    expect(seen.stdout).toContain('table public.items: DELETE: id[integer]:2');
    expect(await recvlogical(gprxy, '--drop-slot')).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it('physical replication is refused by the gateway, and says so', async () => {
    const { exitCode, stderr } = await run(
      'pg_receivewal',
      gprxy,
      '--directory=/nowhere',
      '--no-loop',
      '--create-slot',
      '--slot=x',
    );
    expect(exitCode).toBe(1);
    expect(stderr).toContain('FATAL:  physical replication does not go through the gateway');
  });
});
