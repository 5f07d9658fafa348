import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { alice, mallory, type PostgresVersion, type Stack, startStack } from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runGateway } from './gateway.testing.ts';

const ODD = `o'brien "$gprxy$" \\ é@corp.example`;
const SECRET = 'hunter2-hunter2';

describe.each<PostgresVersion>([16, 17, 18])('provision on PostgreSQL %i', (version) => {
  let stack: Stack;
  let root: Record<string, string>;
  beforeAll(async () => {
    stack = await startStack({ version, people: [] });
    root = { DATABASE_ROOT_URL: stack.postgres.connectionString() };
  });
  afterAll(() => stack?.stop());

  const provision = (...args: string[]) =>
    runGateway(['provision', '--config', stack.gateway.configFile, ...args], root);
  const state = () =>
    stack.postgres.query(`SELECT r.rolname, r.rolcanlogin, r.rolsuper OR r.rolcreaterole OR r.rolbypassrls OR r.rolreplication AS strong,
      a.rolpassword, m.inherit_option, m.set_option, m.admin_option FROM pg_roles r JOIN pg_authid a ON a.oid = r.oid
      LEFT JOIN pg_auth_members m ON m.member = r.oid WHERE r.rolname !~ '^pg_' AND r.rolname <> 'postgres' ORDER BY 1`);

  it('prints SQL and touches nothing in a dry run, without credentials', async () => {
    const { configFile } = stack.gateway;
    const { exitCode, stdout } = await runGateway(['provision', '--config', configFile, '--dry-run', '--role', ODD]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^BEGIN;\n[\s\S]*\nCOMMIT;\n$/);
    expect(await state()).toEqual([]);
    await stack.postgres.query(stdout);
    expect((await state()).map(({ rolname }) => rolname)).toEqual(['gprxy_check', 'gprxy_users', ODD]);
  });

  it('makes roles that can log in and become nobody else, the second time as the first', async () => {
    const first = await provision('--role', alice.email, ODD, '--gateway-address', '127.0.0.1/32');
    const before = await state();
    const second = await provision('--role', alice.email, ODD, '--gateway-address', '127.0.0.1/32');
    expect([first.exitCode, second.exitCode, first.stderr]).toEqual([0, 0, '']);
    const lines = (text: string) => text.slice(text.indexOf('# pg_hba.conf'));
    expect(lines(second.stdout)).toBe(lines(first.stdout));
    expect(await state()).toEqual(before);
    const member = { inherit_option: true, set_option: false, admin_option: false, rolpassword: null, strong: false };
    expect(before).toMatchObject([
      { rolname: alice.email, rolcanlogin: true, ...member },
      { rolname: 'gprxy_check', rolcanlogin: true, ...member },
      { rolname: 'gprxy_users', rolcanlogin: false, set_option: null, strong: false },
      { rolname: ODD, rolcanlogin: true, ...member },
    ]);
    expect(first.stdout).toContain('hostssl sales +gprxy_users 127.0.0.1/32 cert map=gprxy\n');
    expect(first.stdout).toContain('gprxy gprxy-gateway +gprxy_users\n');
  });

  it('lets nobody in who could become somebody else', async () => {
    await stack.postgres.query('CREATE ROLE creator LOGIN CREATEROLE');
    const { exitCode, stderr } = await provision('--role', 'carol@corp.example', 'creator');
    expect(exitCode).toBe(7);
    expect(stderr).toContain('role creator is privileged');
    expect((await state()).map(({ rolname }) => rolname)).not.toContain('carol@corp.example');
  });

  it('leaves somebody disabled who was disabled', async () => {
    await stack.postgres.query(`ALTER ROLE "${alice.email}" NOLOGIN`);
    await provision('--role', alice.email);
    expect(await state()).toContainEqual(expect.objectContaining({ rolname: alice.email, rolcanlogin: false }));
    await stack.postgres.query(`ALTER ROLE "${alice.email}" LOGIN`);
  });
});

it.each([
  {
    args: ['serv'],
    says: 'gprxy-gateway: unknown command \'serv\'\n  (Did you mean serve?)\n  Run "gprxy-gateway --help".\n',
  },
  {
    args: ['explain', '--database', 'sales'],
    says: `gprxy-gateway: required option '--token-file <file>' not specified\n  Run "gprxy-gateway explain --help".\n`,
  },
])('a command line that cannot be followed ends with 2 and the help to ask for: $args', async ({ args, says }) => {
  expect(await runGateway(args)).toMatchObject({ exitCode: 2, stdout: '', stderr: says });
});

describe('commands', () => {
  let stack: Stack;
  let config: string[];
  beforeAll(async () => {
    stack = await startStack();
    config = ['--config', stack.gateway.configFile];
  });
  afterAll(() => stack?.stop());

  /** Another file next to the gateway's own. */
  async function changed(change: (text: string) => string): Promise<string[]> {
    const path = join(stack.gateway.configFile, '..', `changed-${Math.random()}.toml`);
    await writeFile(path, change(await readFile(stack.gateway.configFile, 'utf8')));
    return ['--config', path];
  }
  async function tokenFile(claims: Record<string, unknown> = {}): Promise<string> {
    const path = join(stack.directory, `token-${Math.random()}`);
    await writeFile(path, `${await stack.provider.signToken(claims)}\n`);
    return path;
  }

  it('check says what is missing before provision, and that all is well after it', async () => {
    const before = await runGateway(['check', ...config]);
    expect(before.exitCode).toBe(7);
    expect(before.stdout).toMatch(/^failed +sales as gprxy_check .*\n.*gprxy-gateway provision/m);
    const env = { DATABASE_ROOT_URL: stack.postgres.connectionString() };
    expect((await runGateway(['provision', ...config], env)).exitCode).toBe(0);
    const after = await runGateway(['check', ...config, '--json']);
    const { version, ok, rows } = JSON.parse(after.stdout);
    expect([after.exitCode, version, ok]).toEqual([0, 1, true]);
    expect(rows.map(({ name, status }: Record<string, string>) => `${status} ${name}`)).toEqual([
      'ok file',
      'ok tls certificate',
      'ok certificate for sales',
      'ok audit',
      `ok issuer ${stack.provider.issuer}`,
      'ok sales as gprxy_check',
    ]);
  });

  it.each<[name: string, change: (text: string) => string, exitCode: number, said: RegExp]>([
    [
      'a key of another certificate',
      (text) => text.replace('key = "server.key"', 'key = "gateway.key"'),
      3,
      /failed +tls certificate +.* is not the key of/,
    ],
    [
      'a certificate that is not there',
      (text) => text.replace('"server.crt"', '"nope.crt"'),
      3,
      /failed +tls certificate +\S+ cannot be read \(ENOENT\)/,
    ],
    [
      'an issuer that is not there',
      (text) => text.replace(/^issuer = .*$/m, 'issuer = "http://127.0.0.1:2"'),
      6,
      /failed +issuer http:\/\/127.0.0.1:2 .*ECONNREFUSED/,
    ],
    [
      'an issuer of another name',
      (text) => text.replace(/^issuer = "(.*)"$/m, 'issuer = "$1/"'),
      6,
      /names another issuer/,
    ],
    [
      'a server that is not there',
      (text) => text.replace(/localhost:\d+\/sales/, 'localhost:1/sales'),
      7,
      /failed +sales as gprxy_check +could not connect/,
    ],
    [
      'a server certificate of another authority',
      (text) => text.replace('?sslrootcert=ca.crt', ''),
      7,
      /failed +sales as gprxy_check .*TLS/,
    ],
    [
      'a role that is privileged',
      (text) => text.replace('"{email}"', '"strong"'),
      3,
      /failed +sales as strong +.*CREATEROLE/,
    ],
    [
      'an unknown key',
      (text) => text.replace('client_ids', 'client_id'),
      3,
      /gateway.*toml:\d+: .*did you mean "client_ids"/,
    ],
  ])('check finds %s', async (_name, change, exitCode, said) => {
    await stack.postgres.createUser('strong').catch(() => {});
    await stack.postgres.query('ALTER ROLE strong CREATEROLE');
    const end = await runGateway(['check', ...(await changed(change))]);
    expect(`${end.stdout}${end.stderr}`).toMatch(said);
    expect(end.exitCode).toBe(exitCode);
  });

  it('check warns of a key that others may read', async () => {
    const key = join(stack.gateway.configFile, '..', 'server.key');
    await chmod(key, 0o644);
    const { exitCode, stdout } = await runGateway(['check', ...config]);
    await chmod(key, 0o600);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^warning +tls certificate .*\n.*chmod 600/m);
  });

  it.each(['check', 'serve'])(
    '%s refuses to run next to administrator credentials, and shows none',
    async (command) => {
      const { exitCode, stdout, stderr } = await runGateway([command, ...config], {
        DATABASE_ROOT_URL: `postgresql://postgres:${SECRET}@localhost/postgres`,
      });
      expect(exitCode).toBe(3);
      expect(stderr).toMatch(/DATABASE_ROOT_URL is in the environment/);
      expect(stdout + stderr).not.toContain(SECRET);
    },
  );

  it.each([
    `postgresql://postgres:${SECRET}@localhost:1/x`,
    `postgresql://postgres:${SECRET}@localhost:x/x`,
    `postgres:${SECRET}`,
  ])('provision shows no password of %s', async (url) => {
    const { exitCode, stdout, stderr } = await runGateway(['provision', ...config], { DATABASE_ROOT_URL: url });
    expect(exitCode).toBeGreaterThan(0);
    expect(stdout + stderr).not.toContain(SECRET);
  });

  it('explain shows who would come in as whom', async () => {
    const args = ['explain', ...config, '--token-file', await tokenFile({ org_id: 7 }), '--database', 'sales'];
    const text = await runGateway(args);
    expect([text.exitCode, text.stderr]).toEqual([0, '']);
    expect(text.stdout).toMatch(/^rule 1 +matches$/m);
    expect(text.stdout).toMatch(new RegExp(`^role +${alice.email}$`, 'm'));
    const json = JSON.parse((await runGateway([...args, '--json'])).stdout);
    expect(json).toMatchObject({
      version: 1,
      allowed: true,
      role: alice.email,
      subject: 'alice',
      settings: { 'app.org_id': '7' },
    });
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['no rule', { sub: mallory.login }, 'no_rule'],
    ['expired', { exp: 1 }, 'token_expired'],
    ['no groups', { groups: undefined }, 'groups_missing'],
  ])('explain shows why not: %s', async (_name, claims, reason) => {
    const args = ['explain', ...config, '--token-file', await tokenFile(claims), '--database', 'sales', '--json'];
    const { exitCode, stdout } = await runGateway(args);
    expect(exitCode).toBe(5);
    expect(JSON.parse(stdout)).toMatchObject({ allowed: false, reason });
  });

  it.each<[args: string[], exitCode: number, said: RegExp]>([
    [['--version'], 0, /^\d+\.\d+\.\d+\n$/],
    [['--help'], 0, /provision/],
    [['srve'], 2, /Did you mean serve/],
    [['serve', '--confg', 'x'], 2, /Did you mean --config/],
    [['serve', '--config', '/nope/gateway.toml'], 3, /cannot be read \(ENOENT\)/],
    [['provision', '--role', 'postgres'], 2, /privileged role "postgres"/],
    [['provision', '--database', 'nope'], 2, /no \[databases.nope\]/],
    [['provision'], 2, /DATABASE_ROOT_URL is not set\n.*--dry-run/],
  ])('%j ends with %i', async (args, exitCode, said) => {
    const all = args[0] === 'provision' ? [...args, ...config] : args;
    const end = await runGateway(all);
    expect(end.stdout + end.stderr).toMatch(said);
    expect(end.exitCode).toBe(exitCode);
  });

  it('serve says that its address is taken', async () => {
    const taken = await changed((text) => text.replace(/^listen = .*$/m, `listen = "127.0.0.1:${stack.gateway.port}"`));
    const { exitCode, stderr } = await runGateway(['serve', ...taken]);
    expect(exitCode).toBe(3);
    expect(stderr).toContain('EADDRINUSE');
  });
});
