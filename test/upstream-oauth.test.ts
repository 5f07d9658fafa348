import type { Profile } from '@gprxy/sidecar';
import {
  alice,
  has,
  startOidcProvider,
  startPostgres,
  startTokenValidator,
  type TestPostgres,
  type TestProvider,
  type TokenValidator,
} from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectTo } from './node-postgres.testing.ts';
import { startTestSidecar, tokensOf } from './sidecar.testing.ts';

/** With a validator module that verifies the provider's signatures: nothing of ours is on the server's side. */
describe.runIf(has.gcc)('PostgreSQL 18 itself, which takes tokens by OAuth', () => {
  let provider: TestProvider;
  let validator: TokenValidator;
  let postgres: TestPostgres;

  beforeAll(async () => {
    provider = await startOidcProvider();
    validator = await startTokenValidator(provider);
    postgres = await startPostgres({
      version: 18,
      database: 'sales',
      configuration: { oauth_validator_libraries: validator.libraryFile },
      hba: `
hostssl all postgres 127.0.0.1/32 scram-sha-256
hostssl all all 127.0.0.1/32 oauth issuer="${provider.issuer}" scope="openid email"
`,
    });
    await postgres.query(`CREATE ROLE "${alice.email}" LOGIN; CREATE ROLE bob LOGIN`);
  });
  afterAll(async () => {
    await postgres?.stop();
    await validator?.[Symbol.asyncDispose]();
    await provider?.stop();
  });

  /** A sidecar whose profile signs in at the provider that the server trusts. */
  async function serve(
    token: string,
    { issuer = provider.issuer, ...profile }: Partial<Profile> & { issuer?: string } = {},
  ) {
    const direct = '&sslnegotiation=direct';
    const upstream = `postgresql://localhost:${postgres.port}?sslrootcert=${postgres.caFile}&connect_timeout=5${direct}`;
    const scopes = ['openid', 'email'];
    const credential = { kind: 'oidc', login: 'auto', issuer, clientId: 'gprxy-cli', scopes } as const;
    return startTestSidecar({ upstream, credential, ...profile }, { tokens: tokensOf(token) });
  }

  it('S29 knows the person by the token, again and again', async () => {
    const { port } = await serve(await provider.signToken());
    for (let i = 0; i < 3; i++) {
      const { rows } = await (await connectTo(port)).query('SELECT session_user, system_user');
      expect(rows).toEqual([{ session_user: alice.email, system_user: `oauth:${alice.email}` }]);
    }
  });

  it('takes a token of 16 KB', async () => {
    const groups = Array.from({ length: 500 }, (_, i) => `group-${i}-of-the-many-others`);
    const token = await provider.signToken({ groups });
    expect(token.length).toBeGreaterThan(16_000);
    const { port } = await serve(token);
    expect((await (await connectTo(port)).query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  it('S18 refuses a token that has expired: the client gets its words, whose tokens it takes, and what to do', async () => {
    const token = await provider.signToken({ exp: 1_000_000_000 });
    const { port, log } = await serve(token);
    const refused = await connectTo(port).catch((error) => error);
    expect(refused).toMatchObject({
      severity: 'FATAL',
      code: '28000',
      message: `OAuth bearer authentication failed for user "${alice.email}"`,
      detail: `The server said "invalid_token" of the token; it takes tokens of ${provider.issuer} for scope "openid email".`,
      hint: expect.stringMatching(/gprxy whoami --profile prod.*gprxy login --profile prod/),
      routine: 'auth_failed',
    });
    expect(JSON.stringify([log, refused])).not.toContain(token);
  });

  it('is heard when it wants tokens of another issuer than the profile has', async () => {
    const { port } = await serve('of.another.issuer', { issuer: 'https://login.example' });
    await expect(connectTo(port)).rejects.toMatchObject({
      code: '28000',
      hint: `Profile "prod" signs in at https://login.example. If the server is right, run "gprxy login --profile prod --issuer ${provider.issuer}".`,
    });
  });

  it('lets nobody be somebody else with a good token', async () => {
    const { port } = await serve(await provider.signToken(), { user: 'bob' });
    await expect(connectTo(port)).rejects.toMatchObject({
      code: '28000',
      message: 'OAuth bearer authentication failed for user "bob"',
    });
  });
});
