import { createTokenSource, type TokenSource, type TokenSourceOptions } from '@gprxy/credentials';
import { startGoogleMetadata, startPostgres, type TestPostgres } from '@gprxy/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { connectTo } from './node-postgres.testing.ts';
import { startTestSidecar } from './sidecar.testing.ts';

/** Managed PostgreSQL as it looks from outside: TLS, and the cloud's token as the password. Here the password *is* that token. */
let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres({ version: 18, database: 'sales', hba: HBA });
});
afterAll(() => postgres.stop());
beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIATEST');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'x');
});
afterEach(() => vi.unstubAllEnvs());

const HBA = `
hostssl all postgres 127.0.0.1/32 scram-sha-256
hostssl all all 127.0.0.1/32 password
`;

function sourceOf(credential: TokenSourceOptions['credential'], user: string): TokenSource {
  const upstream = { host: 'db.abc.eu-west-1.rds.amazonaws.com', port: 5432, user };
  const outside = { env: {}, fetch, now: Date.now, log: () => {}, lockDirectory: '/nowhere' };
  return createTokenSource({ credential, upstream, deps: { ...outside, profile: 'prod' } });
}

async function serve(credential: TokenSourceOptions['credential'], user: string, tokens: TokenSource) {
  const upstream = `postgresql://localhost:${postgres.port}?sslrootcert=${postgres.caFile}&connect_timeout=5`;
  return startTestSidecar({ upstream, user, credential }, { tokens });
}

const whoIs = async (port: number) => (await (await connectTo(port)).query('SELECT session_user')).rows[0].session_user;

const kinds = [
  [{ kind: 'aws-rds-iam' }, 'app_reader', 'app_reader', /GRANT rds_iam TO "app_reader"/],
  [{ kind: 'gcp-cloud-sql' }, '{database_user}', 'app@test-project.iam', /roles\/cloudsql\.instanceUser/],
] as const;

describe('managed PostgreSQL, behind the sidecar and without a gateway', () => {
  it.each(kinds)(
    'takes the token of %j, and says in its own words why not',
    async (credential, template, user, hint) => {
      await using cloud = await startGoogleMetadata();
      for (const [name, value] of Object.entries(cloud.env)) vi.stubEnv(name, value);
      const tokens = sourceOf(credential, user);
      const { port, log } = await serve(credential, template, tokens);
      await postgres.query(`CREATE ROLE "${user}" LOGIN PASSWORD 'not yet the token'`);
      const refused = await connectTo(port).catch((error) => error);
      expect(refused).toMatchObject({
        code: '28P01',
        message: `password authentication failed for user "${user}"`,
        hint: expect.stringMatching(hint),
      });
      const { token } = await tokens.getToken(AbortSignal.timeout(25_000));
      await postgres.query(`ALTER ROLE "${user}" PASSWORD '${token}'`);
      expect(await whoIs(port)).toBe(user);
      expect(JSON.stringify([log, refused])).not.toContain(token);
    },
  );
});
