import { readFile, writeFile } from 'node:fs/promises';
import { encodePasswordMessage, encodeStartupMessage, PROTOCOL_3_0, UpstreamError } from '@gprxy/proxy-core';
import { alice, bob, mallory, RawClient, type Stack, startStack } from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BadToken, badTokens } from '../packages/gateway/src/bad-tokens.testing.ts';
import { auditUntil, loginByBearer, refusal, withClient } from './gateway.testing.ts';

const SCOPE = { scope: 'openid db:connect' };
const MAX_TOKEN_BYTES = 32_768;

let stack: Stack;
let tokens: BadToken[];
beforeAll(async () => {
  stack = await startStack();
  const file = stack.gateway.configFile;
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace(/^client_ids = .*$/m, '$&\nrequired_scopes = ["db:connect"]'));
  await stack.gateway.program.stop();
  await stack.restartGateway();
  const { privateKey, publicJwk, kid } = stack.provider.signingKey('ES256');
  const [, payload = ''] = (await stack.provider.signToken(SCOPE)).split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  const now = Math.floor(Date.now() / 1_000);
  const { clientId } = stack.provider;
  tokens = await badTokens({ privateKey, publicJwk, kid, clientId, now, claims, maxTokenBytes: MAX_TOKEN_BYTES });
});
afterAll(() => stack?.stop());

const good = (claims: Record<string, unknown> = {}) => stack.provider.signToken({ ...SCOPE, ...claims });

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

  it('lets in with 16 KB', async () => {
    await withClient(stack, { password: await good({ padding: 'x'.repeat(16_000) }) }, async (client) => {
      expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    });
  });
});

describe('S7 a bad token', () => {
  it('S7 is refused as a password, whichever of at least 60 it is', async () => {
    expect(tokens.length).toBeGreaterThanOrEqual(60);
    const wrong: string[] = [];
    for (const { name, token } of tokens) {
      const { code, detail, hint } = await refusal(stack, { password: token });
      if (code !== '28P01' || !detail || !hint) wrong.push(`${name}: ${code}`);
    }
    expect(wrong).toEqual([]);
  });

  it('S7 is refused by OAUTHBEARER, whichever of at least 60 it is', async () => {
    const wrong: string[] = [];
    for (const { name, token } of tokens) {
      const error = await loginByBearer(stack, token).catch((error: unknown) => error);
      // Our own client sends nothing that is no b64token.
      const refusedAtHome = !/^[\w.~+/-]+=*$/.test(token);
      const isRefused = error instanceof UpstreamError && error.response?.code === '28000';
      if (!isRefused && !refusedAtHome) wrong.push(`${name}: ${error}`);
    }
    expect(wrong).toEqual([]);
  });

  it('S7 leaves one record each, and no token anywhere', async () => {
    const records = await auditUntil(
      stack,
      (all) => all.filter(({ event }) => event === 'denial').length >= tokens.length,
    );
    const written = JSON.stringify(records) + stack.gateway.program.output();
    for (const { name, token } of tokens) {
      for (const part of token.split('.').filter(({ length }) => length > 16)) {
        expect(written.includes(part), name).toBe(false);
      }
    }
  });

  it('S8 says that an ID token is no access token', async () => {
    const token = tokens.find(({ name }) => name === 'S8 a nonce, which only ID tokens have')?.token ?? '';
    expect(await refusal(stack, { password: token })).toMatchObject({
      code: '28P01',
      detail: 'The token is not an access token.',
    });
  });
});

describe('S9 a good token that opens nothing', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['no group that a rule names', { sub: mallory.login }, 'no_rule'],
    ['no groups', { groups: undefined }, 'groups_missing'],
    ['overage', { groups: undefined, _claim_names: { groups: 'src1' } }, 'groups_overage'],
    ['an unverified address', { email_verified: false }, 'email_unverified'],
  ])('S9 %s: 28000, and the reason in the audit log', async (_name, claims, reason) => {
    const before = (await stack.audit()).length;
    const email = claims.sub === mallory.login ? mallory.email : alice.email;
    expect(await refusal(stack, { user: email, password: await good(claims) })).toMatchObject({ code: '28000' });
    const records = await auditUntil(stack, (all) => all.length > before);
    expect(records.slice(before)).toMatchObject([
      { event: 'denial', reason, sqlstate: '28000', issuer: stack.provider.issuer },
    ]);
  });

  it("S9 is not for another person's name", async () => {
    const error = await refusal(stack, { user: bob.email, password: await good() });
    expect(error).toMatchObject({ code: '28000', hint: expect.stringContaining(alice.email) });
  });

  it('S9 opens no database that the file does not have', async () => {
    expect(await refusal(stack, { database: 'postgres', password: await good() })).toMatchObject({ code: '3D000' });
  });
});

describe('S13 plaintext', () => {
  it.each([false, true])('S13 is refused before a password is asked for, a token sent along: %s', async (withToken) => {
    const client = await RawClient.open(stack.gateway.port);
    client.send(
      encodeStartupMessage(PROTOCOL_3_0, [
        ['user', alice.email],
        ['database', 'sales'],
      ]),
    );
    if (withToken) client.send(encodePasswordMessage(await good()));
    const { bytes } = await client.readToEnd();
    expect(String.fromCharCode(bytes[0] ?? 0)).toBe('E');
    expect(bytes.toString()).toContain('28000');
    expect(bytes.toString()).toContain('sslmode=verify-full');
    const records = await auditUntil(stack, (all) => all.at(-1)?.reason === 'plaintext');
    expect(records.at(-1)).toMatchObject({ event: 'denial', client_address: '127.0.0.1' });
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
