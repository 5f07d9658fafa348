import {
  encodeStartupMessage,
  type GprxyError,
  PROTOCOL_3_0,
  parseStartupPacket,
  type StartupMessage,
} from '@gprxy/proxy-core';
import { describe, expect, it } from 'vitest';
import { CONFIG_TEXT, configOf } from './config.testing.ts';
import { identifyClient } from './identify-client.ts';
import { KeysUnavailable, TokenRejected } from './token-rejected.ts';
import { ISSUER, issuerConfig, validClaims } from './verify-token.testing.ts';
import type { VerifyToken } from './verify-token.ts';

const config = configOf(CONFIG_TEXT.replace('role = "{email}"', 'role = "alice_role"'));

const startup = (parameters: Record<string, string>): StartupMessage =>
  parseStartupPacket(encodeStartupMessage(PROTOCOL_3_0, Object.entries(parameters))) as StartupMessage;

function verifier(claims: Record<string, unknown> = {}): VerifyToken {
  const all = { ...validClaims(), ...claims };
  return async () => ({ issuer: issuerConfig(), subject: String(all.sub), claims: all, expiresAt: 60_000 });
}

function identify(
  parameters: Record<string, string>,
  verifyToken: VerifyToken = verifier(),
  method: 'password' | 'oauthbearer' = 'password',
) {
  return identifyClient('token', { config, verifyToken, startup: startup(parameters), method });
}

const denial = (attempt: Promise<unknown>) =>
  attempt.then(
    () => 'let in',
    (error: unknown) => error as GprxyError,
  );

describe('the name at the prompt', () => {
  it.each(['alice_role', 'alice@corp.example'])('may be %s: the role, or the name of the token', async (user) => {
    expect(await identify({ user, database: 'sales' })).toMatchObject({ role: 'alice_role', rule: 1 });
  });

  it.each(['bob', 'Alice@corp.example', 'alice', 'u-alice', 'postgres'])('may not be %s', async (user) => {
    expect(await denial(identify({ user, database: 'sales' }))).toMatchObject({
      reason: 'user_mismatch',
      sqlState: '28000',
      owner: { issuer: ISSUER, subject: 'u-alice', role: 'alice_role' },
    });
  });
});

describe('who is denied', () => {
  it('is known to the audit log as far as the token proves it', async () => {
    const error = await denial(identify({ user: 'alice', database: 'sales' }, verifier({ groups: [] })));
    expect(error).toMatchObject({
      reason: 'no_rule',
      owner: { issuer: ISSUER, subject: 'u-alice', email: 'alice@corp.example' },
    });
  });

  it('has a claim with a zero byte, which would end a setting early', async () => {
    const attempt = identify({ user: 'alice_role', database: 'sales' }, verifier({ org_id: 'a\0b' }));
    expect(await denial(attempt)).toMatchObject({ reason: 'claims_malformed' });
  });

  it('asks for a database that is the name of the user, when it names none', async () => {
    expect(await denial(identify({ user: 'alice_role' }))).toMatchObject({
      sqlState: '3D000',
      clientMessage: 'database "alice_role" does not exist',
    });
  });

  it.each<[Error, 'password' | 'oauthbearer', string]>([
    [new TokenRejected('token_expired', 'x'), 'password', '28P01'],
    [new TokenRejected('token_expired', 'x'), 'oauthbearer', '28000'],
    [new KeysUnavailable(ISSUER), 'password', '57P03'],
    [new KeysUnavailable(ISSUER), 'oauthbearer', '57P03'],
  ])('%s by %s gets %s', async (error, method, sqlState) => {
    const attempt = identify({ user: 'alice_role', database: 'sales' }, () => Promise.reject(error), method);
    expect(await denial(attempt)).toMatchObject({ sqlState, hint: expect.any(String), detail: expect.any(String) });
  });
});
