import { existsSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CertificateAuthority, createCertificateAuthority } from '../certificates.ts';
import type { PostgresVersion } from './binaries.ts';
import { startPostgres } from './start-postgres.ts';
import type { TestPostgres } from './test-postgres.ts';

const PERSON = 'alice@corp.example';

describe.each([16, 17, 18] as const)('PostgreSQL %i', (version: PostgresVersion) => {
  let ca: CertificateAuthority;
  let postgres: TestPostgres;
  beforeAll(async () => {
    ca = await createCertificateAuthority();
    postgres = await startPostgres({ version, database: 'sales', ca, configuration: { application_name: "it's" } });
    await postgres.createUser(PERSON, { memberOf: ['data-eng'] });
  });
  afterAll(() => postgres.stop());

  /** A login as the person, with the client certificate of `commonName`. */
  async function loginAs(user: string, commonName?: string, authority = ca): Promise<Record<string, unknown>> {
    const certificate = commonName === undefined ? undefined : await authority.issue({ commonName, client: true });
    const client = new pg.Client({
      host: 'localhost',
      port: postgres.port,
      user,
      database: 'sales',
      ssl: { ca: ca.certPem, cert: certificate?.certPem, key: certificate?.keyPem },
    });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query('select session_user, system_user')).rows[0];
    } finally {
      await client.end();
    }
  }

  it('is that version, with TLS, the settings asked for, and the database', async () => {
    const sql = `select current_database() as database, ssl, current_setting('server_version_num')::int / 10000 as major,
      current_setting('application_name') as name from pg_stat_ssl where pid = pg_backend_pid()`;
    const [row] = await postgres.query(sql);
    expect(row).toEqual({ database: 'sales', ssl: true, major: version, name: "it's" });
  });

  it("takes the gateway's certificate for members of gprxy_users", async () => {
    expect(await loginAs(PERSON, 'gprxy-gateway')).toEqual({
      session_user: PERSON,
      system_user: 'cert:CN=gprxy-gateway',
    });
    const groups = await postgres.query(
      'select g.rolname from pg_auth_members m join pg_roles g on g.oid = roleid join pg_roles u on u.oid = member where u.rolname = $1 order by 1',
      [PERSON],
    );
    expect(groups.map(({ rolname }) => rolname)).toEqual(['data-eng', 'gprxy_users']);
  });

  it('refuses another certificate, another authority, no certificate, and the superuser by certificate', async () => {
    const other = await createCertificateAuthority();
    await expect(loginAs(PERSON, 'somebody-else')).rejects.toThrow('certificate authentication failed');
    await expect(loginAs(PERSON, 'gprxy-gateway', other)).rejects.toThrow();
    await expect(loginAs(PERSON)).rejects.toThrow('valid client certificate');
    await expect(loginAs(postgres.superuser, 'gprxy-gateway')).rejects.toThrow();
  });

  it('refuses connections without TLS', async () => {
    const client = new pg.Client({ host: '127.0.0.1', port: postgres.port, user: PERSON, database: 'sales' });
    await expect(client.connect()).rejects.toThrow('no pg_hba.conf entry');
  });

  it('gives the superuser a connection string that works as it is', async () => {
    const client = new pg.Client({ connectionString: postgres.connectionString() });
    await client.connect();
    await client.end();
    expect(postgres.connectionString(PERSON)).toMatch(
      /^postgresql:\/\/alice%40corp\.example@127\.0\.0\.1:\d+\/sales\?/,
    );
  });
});

describe('the rules of a running server', () => {
  it('can be changed, and wrong ones are an error', async () => {
    await using postgres = await startPostgres({ version: 18 });
    const hba = 'hostssl all postgres 127.0.0.1/32 scram-sha-256\n';
    await postgres.reload({ hba: `${hba}host all stranger 127.0.0.1/32 trust\n` });
    await postgres.query('create role stranger login');
    const client = new pg.Client({ host: '127.0.0.1', port: postgres.port, user: 'stranger', database: 'postgres' });
    await client.connect();
    await client.end();
    await expect(postgres.reload({ hba: `${hba}nonsense\n` })).rejects.toThrow('invalid connection type');
  });
});

describe('servers', () => {
  it('can be restarted: sessions are told, and the data is still there', async () => {
    await using postgres = await startPostgres({ version: 18 });
    await postgres.query('create table kept as select 1 as one');
    const client = await postgres.connect();
    const told = new Promise((resolve) => client.once('error', resolve));
    await postgres.restart();
    expect(await told).toMatchObject({ code: '57P01' });
    expect(await postgres.query('select * from kept')).toEqual([{ one: 1 }]);
  });

  it('start at the same time, each with a port and data of its own, and leave nothing behind', async () => {
    const servers = await Promise.all([1, 2, 3].map(() => startPostgres({ version: 18 })));
    expect(new Set(servers.map(({ port }) => port)).size).toBe(3);
    await Promise.all(servers.map((server) => server.stop()));
    expect(servers.filter(({ dataDirectory }) => existsSync(dataDirectory))).toEqual([]);
  });

  it('say why they did not start', async () => {
    const starting = startPostgres({ version: 18, configuration: { max_connections: 'many' } });
    await expect(starting).rejects.toThrow('invalid value for parameter "max_connections"');
  });
});
