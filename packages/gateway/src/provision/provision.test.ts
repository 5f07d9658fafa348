import { readFileSync } from 'node:fs';
import { type PostgresVersion, startPostgres, type TestPostgres } from '@gprxy/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ProvisionOptions, provision } from '../commands/provision/provision.ts';
import { CONFIG_TEXT, configOf } from '../config.testing.ts';
import { identLines } from './access-lines.ts';

const ALICE = 'alice@corp.example';
const ROOT_HBA = 'hostssl all postgres all scram-sha-256\n';
const NOTHING = 'Nothing to change: all of it is in place.\n';

/** All that provision may touch. */
const STATE = `SELECT (SELECT json_agg(a ORDER BY a.rolname) FROM pg_authid AS a) AS roles,
  (SELECT json_agg(m ORDER BY m.oid) FROM pg_auth_members AS m) AS members,
  (SELECT json_agg(d.datacl ORDER BY d.datname) FROM pg_database AS d) AS grants`;

describe.each<PostgresVersion>([16, 18])('provision on PostgreSQL %i', (version) => {
  let postgres: TestPostgres;
  let certificate: { certPem: string; keyPem: string };
  beforeAll(async () => {
    postgres = await startPostgres({ version, database: 'sales', hba: ROOT_HBA, ident: '' });
    certificate = await postgres.authority.issue({ commonName: 'gprxy-gateway', client: true });
  });
  afterAll(() => postgres?.stop());

  async function run(options: Partial<ProvisionOptions> = {}, env?: Record<string, string>, text = CONFIG_TEXT) {
    let printed = '';
    const stdout = { write: (more: string) => (printed += more) };
    const chosen = { databases: [], roles: [], grants: [], gatewayAddress: '127.0.0.1', dryRun: false, ...options };
    await provision(configOf(text), chosen, {
      env: env ?? { DATABASE_ROOT_URL: postgres.connectionString() },
      readFile: (path) => (path.endsWith('gw.crt') ? certificate.certPem : readFileSync(path, 'utf8')),
      stdout,
    });
    return printed;
  }
  const state = async () => (await postgres.query(STATE))[0];

  /** Puts what was printed where it belongs. */
  async function obey(printed: string, ident = linesOf(printed, /^gprxy /)) {
    const hba = `${linesOf(printed, /^(hostssl|host|local) /)}${ROOT_HBA}`;
    await postgres.reload({ hba, ident });
  }

  async function loginAs(user: string, how: pg.ClientConfig = {}) {
    const { certPem: cert, keyPem: key } = certificate;
    const ssl = { ca: postgres.ca, servername: 'localhost', ...(how.password === undefined && { cert, key }) };
    const client = new pg.Client({ host: postgres.host, port: postgres.port, database: 'sales', user, ssl, ...how });
    client.on('error', () => {});
    await client.connect();
    const { rows } = await client.query('SELECT session_user::text AS session, system_user AS system');
    await client.end();
    return rows[0];
  }

  it('a dry run needs no server and changes none', async () => {
    const before = await state();
    const sql = await run({ roles: [ALICE], dryRun: true }, {});
    expect(sql).toMatch(/^BEGIN;\n[\s\S]*CREATE ROLE "alice@corp\.example" LOGIN PASSWORD NULL[\s\S]*\nCOMMIT;\n$/);
    expect(await state()).toEqual(before);
  });

  it('says what it changed, and the second time that there was nothing to change', async () => {
    const options = { roles: [ALICE], grants: ['reporting'] };
    const first = await run(options);
    expect(first.split('\n').filter((line) => line.startsWith('- '))).toEqual([
      '- created role gprxy_users',
      '- created role reporting',
      '- created role gprxy_check',
      '- granted gprxy_users to gprxy_check',
      `- created role ${ALICE}`,
      `- granted gprxy_users to ${ALICE}`,
      `- granted reporting to ${ALICE}`,
      '- granted CONNECT on database sales to gprxy_users',
    ]);
    const before = await state();
    const second = await run(options);
    expect(second.startsWith(NOTHING)).toBe(true);
    expect(second.slice(NOTHING.length)).toBe(first.replace(/^(- .*\n)+/, ''));
    expect(await state()).toEqual(before);
  });

  it('prints lines by which the gateway, and nobody else, logs in as its people, and as nobody else', async () => {
    await obey(await run({ roles: [ALICE] }));
    expect(await loginAs(ALICE)).toEqual({ session: ALICE, system: 'cert:CN=gprxy-gateway' });
    // The superuser has no line but his own, which asks for a password.
    await expect(loginAs('postgres')).rejects.toThrow('password must be a string');
    await postgres.query('CREATE ROLE outsider LOGIN');
    await expect(loginAs('outsider')).rejects.toMatchObject({ code: '28000' });
    await expect(loginAs(ALICE, { database: 'postgres' })).rejects.toMatchObject({ code: '28000' });
    await postgres.query(`ALTER ROLE "${ALICE}" PASSWORD 'her own'`);
    await expect(loginAs(ALICE, { password: 'her own' })).rejects.toMatchObject({ code: '28000' });
    const stranger = await postgres.authority.issue({ commonName: 'somebody', client: true });
    const ssl = { ca: postgres.ca, servername: 'localhost', cert: stranger.certPem, key: stranger.keyPem };
    await expect(loginAs(ALICE, { ssl })).rejects.toMatchObject({ code: '28000' });
  });

  it('prints lines for one person each that work too, whatever the name', async () => {
    const members = [ALICE, '+gprxy_users', 'all', 'say "x", #1 @y', 'back\\slash', "o'brien é", '$1'];
    const printed = await run({ roles: members });
    const lines = identLines({ serverVersion: 15, gatewayName: 'gprxy-gateway', members });
    await obey(printed, `${lines.join('\n')}\n`);
    for (const name of members) expect(await loginAs(name)).toMatchObject({ session: name });
    await postgres.query('CREATE ROLE "bob@corp.example" LOGIN IN ROLE gprxy_users');
    await expect(loginAs('bob@corp.example')).rejects.toMatchObject({ code: '28000' });
  });

  it.each(['SUPERUSER', 'CREATEROLE', 'BYPASSRLS', 'REPLICATION'])('refuses a person who is %s', async (attribute) => {
    const role = `strong_${attribute.toLowerCase()}`;
    await postgres.query(`CREATE ROLE ${role} LOGIN ${attribute}`);
    const before = await state();
    await expect(run({ roles: ['carol@corp.example', role] })).rejects.toMatchObject({
      code: '42501',
      message: `role ${role} is privileged, and not in allow_privileged_logins`,
    });
    expect(await state()).toEqual(before);
    const allowed = `allow_privileged_logins = ["${role}"]\n${CONFIG_TEXT}`;
    expect(await run({ roles: [role] }, undefined, allowed)).toContain(`granted gprxy_users to ${role}`);
  });

  it.each(['postgres', 'root', 'Admin', 'superuser', 'gprxy_users', 'pg_read_all_data', 'x'.repeat(64)])(
    'refuses %s, as a person and as a role of people',
    async (role) => {
      await expect(run({ roles: [role] }, {})).rejects.toMatchObject({ code: 'ERR_USAGE' });
      await expect(run({ grants: [role] }, {})).rejects.toMatchObject({ code: 'ERR_USAGE' });
    },
  );

  it('makes nobody a member of somebody else', async () => {
    await postgres.query('CREATE ROLE dave LOGIN');
    await expect(run({ roles: [ALICE], grants: ['dave'] })).rejects.toMatchObject({
      code: '42501',
      message: 'role dave is privileged or can log in itself: people cannot be its members',
    });
    await expect(run({ roles: ['dave'], grants: ['dave'] }, {})).rejects.toMatchObject({ code: 'ERR_USAGE' });
  });

  it('leaves somebody disabled who was disabled, and says so', async () => {
    await postgres.query('CREATE ROLE eve NOLOGIN');
    expect(await run({ roles: ['eve'] })).toContain('Warning: role eve may not log in, and is left so\n');
    expect(await postgres.query("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'eve'")).toEqual([
      { rolcanlogin: false },
    ]);
  });

  it('names no database that is not there', async () => {
    const text = CONFIG_TEXT.replace('/sales?', '/nope?');
    await expect(run({}, undefined, text)).rejects.toMatchObject({ code: '3D000' });
  });
});

function linesOf(printed: string, pattern: RegExp): string {
  return printed
    .split('\n')
    .filter((line) => pattern.test(line))
    .map((line) => `${line}\n`)
    .join('');
}
