import { alice, bob, type PostgresVersion, type Stack, startStack } from '@gprxy/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, refusal, runGateway, withClient } from './gateway.testing.ts';
import { type Attempt, BECOME_ANOTHER } from './gateway-escapes/become-another.ts';
import { type Carry, carriersOf, queryExtended } from './gateway-escapes/carriers.ts';
import { OVERHEAR, SIGNALS } from './gateway-escapes/overhear.ts';
import { ALICE, BOB, SERVICE } from './gateway-escapes/people.ts';
import { SECRET, startVictim, type Victim } from './gateway-escapes/start-victim.ts';
import { TAKE_OVER, WHO_IS_WHOM } from './gateway-escapes/take-over.ts';

const WHO = `SELECT session_user::text, current_user::text, system_user, current_setting('role') AS role,
  current_setting('is_superuser') AS superuser, coalesce(nullif(current_setting('my.found', true), ''), current_user) AS found`;
const AS_ALICE = {
  session_user: alice.email,
  current_user: alice.email,
  system_user: 'cert:CN=gprxy-gateway',
  role: 'none',
  superuser: 'off',
  found: alice.email,
};

/** What cannot be within a transaction. */
const ENDS_TRANSACTIONS = /^(CREATE DATABASE|ALTER SYSTEM)/;

const who = async (client: pg.Client) => (await client.query(WHO)).rows[0];

/** Sends the statements one by one and tells after which of them the session was not `expected` any more. */
async function changedBy(client: pg.Client, { statements }: Attempt, carry: Carry, expected: object) {
  const changes: string[] = [];
  for (const statement of statements) {
    await carry(client, statement).catch(() => client.query('ROLLBACK'));
    const found = await who(client);
    const differs = Object.entries(expected).some(([name, value]) => found[name] !== value);
    if (differs) changes.push(`${statement}: ${JSON.stringify(found)}`);
  }
  await client.query("ROLLBACK; RESET SESSION AUTHORIZATION; RESET ROLE; SELECT set_config('my.found', '', false)");
  return changes;
}

describe.each<PostgresVersion>([16, 17, 18])('PostgreSQL %i', (version) => {
  const servicePassword = 'of the service';
  let stack: Stack;
  let session: pg.Client;
  let victim: Victim;
  beforeAll(async () => {
    stack = await startStack({ version });
    await provision(stack);
    const { postgres } = stack;
    await postgres.query(`CREATE ROLE ${SERVICE} LOGIN NOINHERIT PASSWORD '${servicePassword}'`);
    await postgres.query(`GRANT ${ALICE}, ${BOB} TO ${SERVICE}`);
    await postgres.query(
      `CREATE EXTENSION dblink; CREATE TABLE bob_things (x text); ALTER TABLE bob_things OWNER TO ${BOB}`,
    );
    session = await connect(stack);
    victim = await startVictim(stack);
  });
  afterAll(async () => {
    await session?.end();
    await stack?.stop();
  });

  describe('alice stays alice, and bob what he is, after', () => {
    it.each(BECOME_ANOTHER.map((attempt) => [attempt.name, attempt] as const))('S1 %s', async (_name, attempt) => {
      for (const [way, carry] of carriersOf(attempt.statements, attempt.isTopLevel)) {
        expect(await changedBy(session, attempt, carry, AS_ALICE), way).toEqual([]);
      }
      expect(await victim.now()).toEqual(victim.atFirst);
    });

    it('the same attempts from a service login after SET ROLE, which do get it away', async () => {
      const service = new pg.Client({ ...directly(stack), user: SERVICE, password: servicePassword });
      await service.connect();
      const unexpected: string[] = [];
      for (const attempt of BECOME_ANOTHER) {
        for (const [way, carry] of carriersOf(attempt.statements, attempt.isTopLevel)) {
          await service.query(`SET ROLE ${ALICE}`);
          const changes = await changedBy(service, attempt, carry, { current_user: alice.email, found: alice.email });
          if (changes.length > 0 !== attempt.worksFromService) unexpected.push(`${attempt.name} ${way}`);
        }
      }
      await service.end();
      expect(unexpected).toEqual([]);
    });
  });

  describe('S1 is refused, and changes nothing:', () => {
    it.each(TAKE_OVER)('S1 %s', async (statement) => {
      const before = await stack.postgres.query(WHO_IS_WHOM);
      for (const [way, carry] of carriersOf([statement], ENDS_TRANSACTIONS.test(statement))) {
        const outcome = carry(session, statement).then(
          () => 'was carried out',
          (error: pg.DatabaseError) => error.code,
        );
        expect(await outcome, way).toBe('42501');
        await session.query('ROLLBACK');
      }
      expect(await stack.postgres.query(WHO_IS_WHOM)).toEqual(before);
      expect(await who(session)).toEqual(AS_ALICE);
      expect(await victim.now()).toEqual(victim.atFirst);
    });
  });

  describe("S4 of bob's session, alice", () => {
    it.each(OVERHEAR)('S4 overhears nothing by %s', async (query) => {
      const values = query.includes('$1') ? [victim.pid] : [];
      const rows = await queryExtended(session, query, values).then(
        (result) => result.rows,
        (error: pg.DatabaseError) => error.code,
      );
      expect(JSON.stringify(rows)).not.toContain(SECRET);
    });

    it('S4 sees that it is there, and nothing of what it does', async () => {
      const { rows } = await session.query('SELECT usename, state, query FROM pg_stat_activity WHERE pid = $1', [
        victim.pid,
      ]);
      expect(rows).toEqual([{ usename: bob.email, state: null, query: '<insufficient privilege>' }]);
    });

    it.each(SIGNALS)('S4 is refused %s', async (signal) => {
      await expect(queryExtended(session, signal, [victim.pid])).rejects.toMatchObject({ code: '42501' });
      expect(await victim.now()).toEqual(victim.atFirst);
    });

    it('S4 disturbs nothing: the statement that ran all the while ends as it should', async () => {
      const secrets = { secret: SECRET, said: SECRET };
      expect(await victim.finish()).toEqual({ session_user: bob.email, current_user: bob.email, ...secrets });
    });
  });

  describe('S3 what alice changes of her own role', () => {
    it.each([
      `SET role = ${BOB}`,
      'SET session_authorization = postgres',
      `IN DATABASE sales SET role = ${BOB}`,
      'SET search_path = pg_temp',
      "SET client_encoding = 'LATIN1'",
      'SET default_transaction_read_only = on',
      'SET statement_timeout = 1',
    ])('S3 ALTER ROLE CURRENT_USER %s: at the next login she is who she was', async (change) => {
      await session.query(`ALTER ROLE CURRENT_USER ${change}`);
      const next = await withClient(stack, { options: '-c statement_timeout=0' }, async (client) => {
        const claims = "SELECT current_setting('app.user') AS user, current_setting('app.user_id') AS user_id";
        return [await who(client), (await client.query(claims)).rows[0]];
      });
      expect(next).toEqual([AS_ALICE, { user: alice.email, user_id: alice.login }]);
      await session.query('ALTER ROLE CURRENT_USER RESET ALL; ALTER ROLE CURRENT_USER IN DATABASE sales RESET ALL');
    });

    it('S3 a password opens nothing, and changes nothing for others', async () => {
      const password = 'she chose it herself';
      await session.query(`ALTER ROLE CURRENT_USER PASSWORD '${password}'`);
      const direct = new pg.Client({ ...directly(stack), user: alice.email, password });
      await expect(direct.connect()).rejects.toMatchObject({ code: '28000' });
      const token = await stack.provider.signToken({ sub: bob.login });
      await withClient(stack, { user: bob.email, password: token }, async (client) => {
        expect((await client.query('SELECT session_user::text AS s')).rows).toEqual([{ s: bob.email }]);
      });
    });
  });

  it('S1 dblink carries nobody back to the server without a password of his own', async () => {
    const { host, port } = stack.postgres;
    const { certFile, keyFile } = stack.gatewayCertificate;
    const key = `sslmode=require sslcert=${certFile} sslkey=${keyFile}`;
    for (const user of ['postgres', 'gprxy_check', alice.email, bob.email]) {
      const way = `host=${host} port=${port} dbname=sales user=${user} ${key}`;
      const outcome = queryExtended(session, "SELECT * FROM dblink($1, 'SELECT 1') AS t (x int)", [way]);
      await expect(outcome).rejects.toMatchObject({ code: '2F003' });
    }
  });

  it('lets alice become her own group, and come back as herself', async () => {
    await session.query('SET ROLE "data-eng"');
    expect(await who(session)).toMatchObject({ session_user: alice.email, current_user: 'data-eng' });
    await session.query('RESET ROLE');
    expect(await who(session)).toEqual(AS_ALICE);
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

/** Past the gateway. */
function directly({ ca, postgres: { host, port } }: Stack): pg.ClientConfig {
  return { host, port, database: 'sales', ssl: { ca: ca.certPem, servername: 'localhost' } };
}

/** What an administrator does: "provision", and its lines in pg_hba.conf. */
async function provision({ gateway, postgres }: Stack): Promise<void> {
  const roles = ['--role', alice.email, bob.email];
  const env = { DATABASE_ROOT_URL: postgres.connectionString() };
  const { exitCode, stderr, stdout } = await runGateway(['provision', '--config', gateway.configFile, ...roles], env);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  const lines = stdout.split('\n').filter((line) => /^(hostssl|host) /.test(line));
  const others = ['postgres', SERVICE].map((role) => `hostssl all ${role} all scram-sha-256`);
  await postgres.reload({ hba: `${[...others, ...lines].join('\n')}\n` });
}
