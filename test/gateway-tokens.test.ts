import { readFile, writeFile } from 'node:fs/promises';
import { alice, bob, mallory, type Stack, startStack } from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BadToken, badTokens } from '../packages/gateway/src/bad-tokens.testing.ts';
import { clientOf } from '../packages/testkit/src/oidc/provider-client.testing.ts';
import { auditUntil, loginByBearer, refusal, withClient } from './gateway.testing.ts';
import { WAYS } from './gateway-wire/login.ts';

const SCOPE = { scope: 'openid db:connect' };
const MAX_TOKEN_BYTES = 32_768;
const CUSTOM = `
[databases.ledger]
upstream = "UPSTREAM"
identity = { mode = "login", backend_auth = "cert", cert = "gateway.crt", key = "gateway.key" }
`;

let stack: Stack;
let tokens: BadToken[];
beforeAll(async () => {
  stack = await startStack();
  const file = stack.gateway.configFile;
  const text = await readFile(file, 'utf8');
  const [, upstream = ''] = /^upstream = "(.*)"$/m.exec(text) ?? [];
  const changed = text
    .replace(/^client_ids = .*$/m, '$&\nrequired_scopes = ["db:connect"]')
    .replace(/^role = .*$/m, '$&\ndatabases = ["sales"]');
  await writeFile(file, changed + CUSTOM.replace('UPSTREAM', upstream));
  await stack.gateway.program.stop();
  await stack.restartGateway();
  // She has a role, and might be let in by it; but no rule says so.
  await stack.postgres.createUser(mallory.email);
  tokens = await makeBadTokens();
});
afterAll(() => stack?.stop());

async function makeBadTokens(): Promise<BadToken[]> {
  const { provider } = stack;
  const { privateKey, publicJwk, kid } = provider.signingKey('ES256');
  const [, payload = ''] = (await good()).split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  const now = Math.floor(Date.now() / 1_000);
  const { clientId } = provider;
  return badTokens({ privateKey, publicJwk, kid, clientId, now, claims, maxTokenBytes: MAX_TOKEN_BYTES });
}

const good = (claims: Record<string, unknown> = {}) => stack.provider.signToken({ ...SCOPE, ...claims });

let works = 0;

/**
 * The records of the sessions that `work` opens with the application name it is given, once `count` are there and one
 * too many would be as well: a login that came after them has its own. Other tests' sessions may end when they like.
 */
async function recordsOf(
  count: number,
  work: (named: { application_name: string }) => Promise<void>,
): Promise<Array<Record<string, unknown>>> {
  works += 1;
  const application = `work ${works}`;
  const ours = (all: Array<Record<string, unknown>>) => all.filter((record) => record.application === application);
  await work({ application_name: application });
  await auditUntil(stack, (all) => ours(all).length >= count);
  await withClient(stack, { password: await good() }, (client) => client.query('SELECT 1'));
  return ours(await stack.audit());
}

describe('a good token', () => {
  it('lets in as a password', async () => {
    await withClient(stack, { password: await good() }, async (client) => {
      expect((await client.query('SELECT session_user::text AS s')).rows).toEqual([{ s: alice.email }]);
    });
  });

  it('lets in by OAUTHBEARER', async () => {
    const session = await loginByBearer(stack, await good());
    expect(session.parameters.get('session_authorization')).toBe(alice.email);
    session.channel.socket.destroy();
  });
});

describe.each(WAYS)('S7 a bad token, %s', (_way, code, show) => {
  it('S7 is refused, whichever of at least 60 it is, and leaves one record', async () => {
    // "Bearer" 1*SP b64token: one space more is nothing wrong there.
    const bad = tokens.filter(({ token }) => code === '28P01' || !token.startsWith(' '));
    expect(bad.length).toBeGreaterThanOrEqual(60);
    const wrong: string[] = [];
    const records = await recordsOf(bad.length, async (named) => {
      for (const { name, token } of bad) {
        const error = await show(stack, token, named);
        const isRight = error?.severity === 'FATAL' && error.code === code && error.hint;
        if (!isRight || quotes(JSON.stringify(error), token)) wrong.push(`${name}: ${JSON.stringify(error)}`);
      }
    });
    expect(wrong).toEqual([]);
    expect(records.map(({ event, sqlstate }) => `${event} ${sqlstate}`)).toEqual(bad.map(() => `denial ${code}`));
    for (const record of records) expect(record).not.toHaveProperty('role');
  });

  it('S7 is quoted in neither log nor audit', () => {
    const written = stack.gateway.program.output();
    for (const { name, token } of tokens) expect(quotes(written, token), name).toBe(false);
  });
});

it('S7 no token is in the audit file', async () => {
  const written = JSON.stringify(await stack.audit());
  for (const { name, token } of tokens) expect(quotes(written, token), name).toBe(false);
});

/** Whether `text` has in it the token, or one of its parts. */
function quotes(text: string, token: string): boolean {
  return [token, ...token.split('.')].some((part) => part.length > 8 && text.includes(part));
}

describe.each(WAYS)('S8 of a real login, %s', (_way, code, show) => {
  async function logIn(clientId: string) {
    const client = clientOf(stack.provider, clientId);
    const device = await client.start({ scope: 'openid email groups offline_access db:connect' });
    await stack.provider.approve(device.verification_uri_complete ?? '');
    const { access_token: accessToken = '', id_token: idToken = '' } = await client.poll(device.device_code ?? '');
    expect([accessToken, idToken].map((token) => token.split('.').length)).toEqual([3, 3]);
    return { accessToken, idToken };
  }

  it('S8 the access token lets in, and the ID token does not', async () => {
    const { accessToken, idToken } = await logIn(stack.provider.clientId);
    expect(await show(stack, accessToken)).toBeUndefined();
    expect(await show(stack, idToken)).toMatchObject({ code });
  });

  it("S8 another client's tokens do not", async () => {
    const { accessToken, idToken } = await logIn('another-client');
    for (const token of [accessToken, idToken]) expect(await show(stack, token)).toMatchObject({ code });
  });
});

it('S8 is told that an ID token is no access token', async () => {
  const token = tokens.find(({ name }) => name === 'S8 a nonce, which only ID tokens have')?.token ?? '';
  expect(await refusal(stack, { password: token })).toMatchObject({ detail: 'The token is not an access token.' });
});

describe.each(WAYS)('S9 a good token that opens nothing, %s', (_way, _code, show) => {
  const distributed = {
    _claim_names: { groups: 'src1' },
    _claim_sources: { src1: { endpoint: 'https://graph.example' } },
  };

  it.each<[string, Record<string, unknown>, string]>([
    ['no group at all', { sub: mallory.login }, 'no_rule'],
    [
      'no group that a rule names',
      { sub: mallory.login, groups: ['data-engineers', 'Data-Eng', 'data-eng '] },
      'no_rule',
    ],
    ['no groups claim', { groups: undefined }, 'groups_missing'],
    ['groups that are null', { groups: null }, 'groups_missing'],
    ['groups that are an object', { groups: { 'data-eng': true } }, 'claims_malformed'],
    ['overage, as Entra has it over 200 groups', { groups: undefined, ...distributed }, 'groups_overage'],
    ['overage, as Entra has it in the implicit flow', { groups: undefined, hasgroups: true }, 'groups_overage'],
    ['overage and some groups', distributed, 'groups_overage'],
    ['an unverified address', { email_verified: false }, 'email_unverified'],
    ['no word of whether the address is verified', { email_verified: undefined }, 'email_unverified'],
    ['no address', { email: undefined }, 'name_missing'],
  ])('S9 %s: 28000, and one record with the reason', async (_name, claims, reason) => {
    const user = claims.sub === mallory.login ? mallory.email : alice.email;
    const token = await good(claims);
    const records = await recordsOf(1, async (named) => {
      expect(await show(stack, token, { user, ...named })).toMatchObject({ severity: 'FATAL', code: '28000' });
    });
    const subject = claims.sub ?? alice.login;
    expect(records).toMatchObject([
      { event: 'denial', reason, sqlstate: '28000', issuer: stack.provider.issuer, subject, user },
    ]);
  });

  it('S9 no rule for this database: 28000, though there is one for another', async () => {
    const token = await good();
    const records = await recordsOf(1, async (named) => {
      expect(await show(stack, token, { database: 'ledger', ...named })).toMatchObject({ code: '28000' });
    });
    expect(records).toMatchObject([{ event: 'denial', reason: 'no_rule', database: 'ledger' }]);
  });

  it("S9 is not for another person's name", async () => {
    const error = await show(stack, await good(), { user: bob.email });
    expect(error).toMatchObject({ code: '28000', hint: expect.stringContaining(alice.email) });
  });

  it('S9 opens no database that the file does not have', async () => {
    expect(await show(stack, await good(), { database: 'postgres' })).toMatchObject({ code: '3D000' });
  });
});

describe('S22 a new key', () => {
  it('S22 is taken once the cooldown is over, and not asked for again meanwhile', async () => {
    await stack.provider.rotateKeys();
    const before = stack.provider.requests('jwks');
    const attempts = await Promise.all(
      Array.from({ length: 20 }, async () => refusal(stack, { password: await good() }).catch(() => 'in')),
    );
    expect(attempts.length).toBe(20);
    expect(stack.provider.requests('jwks') - before).toBeLessThanOrEqual(1);
  });
});
