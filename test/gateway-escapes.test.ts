import { alice, bob, type PostgresVersion, type Stack, startStack } from '@gprxy/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, refusal, runGateway, withClient } from './gateway.testing.ts';

const BOB = pg.escapeIdentifier(bob.email);

/** What gets a session with "service login + SET ROLE" back to the service, or on to somebody else. */
const ESCAPES: readonly string[] = [
  'RESET ROLE',
  'SET ROLE NONE',
  'SET ROLE DEFAULT',
  'RESET SESSION AUTHORIZATION',
  'SET SESSION AUTHORIZATION DEFAULT',
  `SET SESSION AUTHORIZATION ${BOB}`,
  'SET SESSION AUTHORIZATION postgres',
  'DISCARD ALL',
  'RESET ALL',
  `SET ROLE ${BOB}`,
  `SET LOCAL ROLE ${BOB}`,
  'SET ROLE postgres',
  'SET ROLE gprxy_users',
  'SET ROLE gprxy_check',
  'SET ROLE pg_read_all_data',
  "SELECT set_config('role', 'none', false)",
  `SELECT set_config('role', '${bob.email}', false)`,
  `SELECT set_config('session_authorization', '${bob.email}', false)`,
  "DO $$ BEGIN EXECUTE 'res' || 'et role'; END $$",
  `DO $$ BEGIN EXECUTE 'set ro' || 'le "${bob.email}"'; END $$`,
  `DO $$ BEGIN PERFORM set_config('role', '${bob.email}', false); END $$`,
  `SELECT query_to_xml('select set_config(''role'', ''${bob.email}'', false)', true, false, '')`,
  `PREPARE escape AS SELECT set_config('role', '${bob.email}', false)`,
  'EXECUTE escape',
  `CREATE FUNCTION pg_temp.escape() RETURNS void LANGUAGE sql SET role = '${bob.email}' AS 'SELECT'`,
  'SELECT pg_temp.escape()',
  `ALTER ROLE CURRENT_USER SET role = '${bob.email}'`,
  `ALTER ROLE ${BOB} PASSWORD 'x'`,
  "ALTER ROLE gprxy_check PASSWORD 'x'",
  'ALTER ROLE CURRENT_USER SUPERUSER',
  'ALTER ROLE CURRENT_USER CREATEROLE',
  `GRANT ${BOB} TO CURRENT_USER`,
  'GRANT pg_read_all_data TO CURRENT_USER',
  'GRANT gprxy_users TO CURRENT_USER WITH ADMIN OPTION',
  `REASSIGN OWNED BY ${BOB} TO CURRENT_USER`,
  `COPY (SELECT 1) TO PROGRAM 'id'`,
];

const WHO = 'SELECT session_user::text AS s, current_user::text AS c, system_user AS y';
const AS_ALICE = { s: alice.email, c: alice.email, y: 'cert:CN=gprxy-gateway' };

describe.each<PostgresVersion>([16, 17, 18])('PostgreSQL %i', (version) => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ version });
    const { configFile } = stack.gateway;
    const roles = ['--role', alice.email, bob.email];
    const env = { DATABASE_ROOT_URL: stack.postgres.connectionString() };
    const { exitCode, stderr, stdout } = await runGateway(['provision', '--config', configFile, ...roles], env);
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
    const hba = stdout.split('\n').filter((line) => /^(hostssl|host) /.test(line));
    await stack.postgres.reload({ hba: `hostssl all postgres all scram-sha-256\n${hba.join('\n')}\n` });
  });
  afterAll(() => stack?.stop());

  it.each(['simple', 'extended'] as const)(
    'S1 no statement makes alice somebody else, by the %s protocol',
    async (protocol) => {
      const escaped: string[] = [];
      await withClient(stack, {}, async (client) => {
        for (const statement of ESCAPES) {
          const query = { text: statement, ...(protocol === 'extended' && { queryMode: 'extended' }) };
          const outcome = await client.query(query).then(
            () => 'was carried out',
            (error: pg.DatabaseError) => error.code,
          );
          const { rows } = await client.query(WHO);
          if (JSON.stringify(rows) !== JSON.stringify([AS_ALICE])) escaped.push(`${statement} (${outcome})`);
          await client.query('RESET ROLE');
        }
      });
      expect(escaped).toEqual([]);
      // ALTER ROLE ... SET role is her own to write; it must not carry her anywhere at the next login.
      const [next] = await withClient(stack, {}, async (client) => (await client.query(WHO)).rows);
      expect(next).toEqual(AS_ALICE);
      await stack.postgres.query(`ALTER ROLE "${alice.email}" RESET ALL`);
    },
  );

  it('S3 a password that she sets for herself opens nothing, and changes nothing for others', async () => {
    const password = 'she chose it herself';
    await withClient(stack, {}, (client) => client.query(`ALTER ROLE CURRENT_USER PASSWORD '${password}'`));
    const direct = new pg.Client({
      ...{ host: stack.postgres.host, port: stack.postgres.port, database: 'sales' },
      ...{ user: alice.email, password, ssl: { ca: stack.ca.certPem, servername: 'localhost' } },
    });
    await expect(direct.connect()).rejects.toMatchObject({ code: '28000' });
    const token = await stack.provider.signToken({ sub: bob.login });
    await withClient(stack, { user: bob.email, password: token }, async (client) => {
      expect((await client.query('SELECT session_user::text AS s')).rows).toEqual([{ s: bob.email }]);
    });
  });

  it("S4 one sees, cancels and ends none of the other's statements", async () => {
    const token = await stack.provider.signToken({ sub: bob.login });
    const victim = await connect(stack, { user: bob.email, password: token });
    await victim.query("SELECT 'bob''s secret'");
    const { rows } = await victim.query('SELECT pg_backend_pid() AS pid');
    await withClient(stack, {}, async (client) => {
      const activity = await client.query('SELECT usename, query FROM pg_stat_activity WHERE pid = $1', [rows[0].pid]);
      expect(activity.rows).toEqual([{ usename: bob.email, query: '<insufficient privilege>' }]);
      for (const signal of ['pg_cancel_backend', 'pg_terminate_backend']) {
        await expect(client.query(`SELECT ${signal}($1)`, [rows[0].pid])).rejects.toMatchObject({ code: '42501' });
      }
    });
    await expect(victim.query('SELECT 1')).resolves.toBeDefined();
    await victim.end();
  });

  it('S31 answers the same to the unknown, the forbidden, the disabled and the privileged', async () => {
    const { postgres, provider } = stack;
    await postgres.createUser('disabled@corp.example');
    await postgres.query('ALTER ROLE "disabled@corp.example" NOLOGIN');
    await postgres.createUser('creator@corp.example');
    await postgres.query('ALTER ROLE "creator@corp.example" CREATEROLE');
    await postgres.createUser('bypass@corp.example');
    await postgres.query('ALTER ROLE "bypass@corp.example" BYPASSRLS');
    await postgres.createUser('replica@corp.example');
    await postgres.query('ALTER ROLE "replica@corp.example" REPLICATION');
    await postgres.createUser('super@corp.example');
    await postgres.query('ALTER ROLE "super@corp.example" SUPERUSER');
    await postgres.query('CREATE ROLE "outside@corp.example" LOGIN');
    const people: Array<[string, Record<string, unknown>]> = [
      ['unknown@corp.example', {}],
      ['forbidden@corp.example', { groups: ['nobody'] }],
      ['groupless@corp.example', { groups: undefined }],
      ['disabled@corp.example', {}],
      ['outside@corp.example', {}],
      ['creator@corp.example', {}],
      ['bypass@corp.example', {}],
      ['replica@corp.example', {}],
      ['super@corp.example', {}],
    ];
    const answers = new Set<string>();
    for (const [email, claims] of people) {
      const password = await provider.signToken({ email, ...claims });
      const { code, message, detail, hint, severity } = await refusal(stack, { user: email, password });
      answers.add(JSON.stringify({ code, message: message.replace(email, 'NAME'), detail, hint, severity }));
    }
    expect([...answers]).toHaveLength(1);
    expect(JSON.parse([...answers][0] ?? '')).toMatchObject({
      code: '28000',
      message: '"NAME" is not allowed to connect to database "sales"',
    });
  });
});
