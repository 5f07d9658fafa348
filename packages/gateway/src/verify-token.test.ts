import * as jose from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { badTokens, type TokenForge } from './bad-tokens.testing.ts';
import type { IssuerConfig } from './config/issuers.ts';
import { IssuerKeys } from './jwks/issuer-keys.ts';
import { silentLog } from './log.ts';
import { KeysUnavailable, TokenRejected } from './token-rejected.ts';
import {
  CLIENT_ID,
  createSigner,
  type FakeProvider,
  fakeProvider,
  ISSUER,
  issuerConfig,
  NOW,
  type TestSigner,
  validClaims,
} from './verify-token.testing.ts';
import { createTokenVerifier, type VerifyToken } from './verify-token.ts';

const MAX_TOKEN_BYTES = 32_768;

let signer: TestSigner;
let rsa: TestSigner;
let provider: FakeProvider;
let verify: VerifyToken;

beforeAll(async () => {
  signer = await createSigner('key-1');
  rsa = await createSigner('key-2', 'RS256');
  provider = fakeProvider([signer.publicJwk, rsa.publicJwk]);
  verify = verifierFor(issuerConfig());
});

function verifierFor(...issuers: IssuerConfig[]): VerifyToken {
  const keys = new Map(
    issuers.map((issuer) => [
      issuer,
      new IssuerKeys(issuer, { fetch: provider.fetch, now: () => NOW * 1_000, log: silentLog }),
    ]),
  );
  const keysOf = (issuer: IssuerConfig) => keys.get(issuer) as IssuerKeys;
  return createTokenVerifier({ issuers, keysOf, now: () => NOW * 1_000, maxTokenBytes: MAX_TOKEN_BYTES });
}

async function problemOf(token: Promise<string> | string, using = verify): Promise<TokenRejected> {
  const error = await using(await token).catch((error: unknown) => error);
  if (!(error instanceof TokenRejected)) throw new Error(`not refused: ${error}`);
  return error;
}

describe('a good token', () => {
  it('says who, of which issuer, and until when', async () => {
    const verified = await verify(await signer.sign(validClaims()));
    expect(verified).toMatchObject({ subject: 'u-alice', expiresAt: (NOW + 300) * 1_000, issuer: { issuer: ISSUER } });
    expect(verified.claims.groups).toEqual(['data-eng']);
  });

  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['for several audiences', { aud: ['https://other', 'https://gprxy.corp.example'] }, {}],
    ['of the full media type', {}, { typ: 'application/at+jwt' }],
    ['of a type in upper case', {}, { typ: 'AT+JWT' }],
    ['that expired 29 s ago, within the skew', { exp: NOW - 29 }, {}],
    ['that is valid from 30 s on, within the skew', { nbf: NOW + 30, iat: NOW + 30 }, {}],
    ['whose client is called azp', { client_id: undefined, azp: CLIENT_ID }, {}],
    ['whose scopes are a list', { scope: undefined, scp: ['db:connect'] }, {}],
    ['that names another key set, which is ignored', {}, { jku: 'https://evil.example/jwks' }],
    ['that names certificates, which are ignored', {}, { x5u: 'https://evil.example', x5c: ['x'], x5t: 'x' }],
    ['of 16 KB', { padding: 'x'.repeat(16_000) }, {}],
  ])('is accepted %s', async (_name, claims, header) => {
    await expect(verify(await signer.sign({ ...validClaims(), ...claims }, header))).resolves.toBeDefined();
    expect(provider.urls.every((url) => url.startsWith(ISSUER))).toBe(true);
  });

  it('is accepted with RS256', async () => {
    await expect(verify(await rsa.sign(validClaims()))).resolves.toBeDefined();
  });
});

describe('S7 a bad token', () => {
  let forge: TokenForge;
  beforeAll(async () => {
    const { publicKey, privateKey } = await jose.generateKeyPair('ES256', { extractable: true });
    const publicJwk = { ...(await jose.exportJWK(publicKey)), kid: 'forge', alg: 'ES256', use: 'sig' };
    provider.keys = [publicJwk, signer.publicJwk, rsa.publicJwk];
    verify = verifierFor(issuerConfig());
    forge = {
      privateKey,
      publicJwk,
      kid: 'forge',
      clientId: CLIENT_ID,
      now: NOW,
      maxTokenBytes: MAX_TOKEN_BYTES,
      claims: validClaims(),
    };
  });

  it('S7 is refused, whichever of at least 60 it is', async () => {
    const tokens = await badTokens(forge);
    expect(tokens.length).toBeGreaterThanOrEqual(60);
    expect(new Set(tokens.map(({ name }) => name)).size).toBe(tokens.length);
    const accepted: string[] = [];
    for (const { name, token } of tokens) {
      const error = await verify(token).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (!(error instanceof TokenRejected)) accepted.push(`${name}: ${error}`);
    }
    expect(accepted).toEqual([]);
  });

  it('S7 is not even asked about at an address of its own', async () => {
    for (const { token } of await badTokens(forge)) await verify(token).catch(() => undefined);
    expect(provider.urls.filter((url) => !url.startsWith(ISSUER))).toEqual([]);
  });

  it('S7 is quoted in no message', async () => {
    for (const { token } of await badTokens(forge)) {
      const { message } = await problemOf(token);
      for (const part of token.split('.').filter(({ length }) => length > 8)) expect(message).not.toContain(part);
    }
  });
});

describe('why a token is refused', () => {
  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['token_expired', { exp: NOW - 31 }, {}],
    ['token_not_yet_valid', { nbf: NOW + 31 }, {}],
    ['token_not_yet_valid', { iat: NOW + 31 }, {}],
    ['token_audience', { aud: 'https://other' }, {}],
    ['token_issuer', { iss: 'https://other' }, {}],
    ['token_claims', { exp: undefined }, {}],
    ['token_client', { client_id: 'other' }, {}],
    ['token_scope', { scope: 'openid' }, {}],
    ['token_type', {}, { typ: 'JWT' }],
    ['token_header', {}, { crit: ['x'], x: 1 }],
    ['token_algorithm', {}, { alg: 'none' }],
    ['token_key', {}, { kid: 'unknown' }],
    ['token_not_an_access_token', { nonce: 'x' }, {}],
  ])('%s for %j %j', async (problem, claims, header) => {
    const error = await problemOf(signer.sign({ ...validClaims(), ...claims }, header));
    expect(error.problem).toBe(problem);
  });

  it('tells whose it was when the signature is good', async () => {
    const error = await problemOf(signer.sign({ ...validClaims(), exp: NOW - 60 }));
    expect(error.owner).toEqual({ issuer: ISSUER, subject: 'u-alice' });
  });

  it('does not tell whose it claims to be when the signature is wrong', async () => {
    const token = await signer.sign({ ...validClaims(), exp: NOW - 60 });
    const error = await problemOf(`${token.slice(0, -8)}AAAAAAAA`);
    expect(error).toMatchObject({ problem: 'token_signature', owner: undefined });
  });
});

describe('what an issuer may be allowed', () => {
  const entra = () =>
    issuerConfig({
      types: ['jwt'],
      clientIds: undefined,
      requiredScopes: [],
      requiredClaims: new Map([['tid', 't-1']]),
    });
  const claims = () => ({
    ...validClaims(),
    client_id: undefined,
    azp: 'app',
    scope: undefined,
    scp: 'db.connect',
    tid: 't-1',
  });

  it.each<[string, boolean, Record<string, unknown>]>([
    ['a token of a user', true, {}],
    ['a token of an application', true, { scp: undefined, idtyp: 'app', roles: ['x'] }],
    ['an ID token, which has no scope', false, { scp: undefined }],
    ['an ID token with a nonce', false, { nonce: 'x' }],
    ['a token of another tenant', false, { tid: 't-2' }],
    ['a token of no tenant', false, { tid: undefined }],
  ])('Entra: %s', async (_name, accepted, changes) => {
    const result = verifierFor(entra())(await signer.sign({ ...claims(), ...changes }, { typ: 'JWT' }));
    if (accepted) await expect(result).resolves.toBeDefined();
    else await expect(result).rejects.toThrow(TokenRejected);
  });

  it('takes tokens without a type only where the file says so', async () => {
    const token = await signer.sign(validClaims(), { typ: undefined });
    await expect(verifierFor(issuerConfig({ types: ['absent'] }))(token)).resolves.toBeDefined();
    expect((await problemOf(token)).problem).toBe('token_type');
  });

  it('keeps the issuers of one file apart', async () => {
    const other = issuerConfig({ issuer: `${ISSUER}/other`, clientIds: ['other-cli'] });
    const both = verifierFor(issuerConfig(), other);
    await expect(both(await signer.sign(validClaims()))).resolves.toBeDefined();
    expect((await problemOf(signer.sign({ ...validClaims(), client_id: 'other-cli' }), both)).problem).toBe(
      'token_client',
    );
  });
});

it('says that it cannot say when no key is to be had', async () => {
  const down = fakeProvider([]);
  down.mode = 'down';
  const keys = new IssuerKeys(issuerConfig(), { fetch: down.fetch, now: () => NOW * 1_000, log: silentLog });
  const unable = createTokenVerifier({
    issuers: [issuerConfig()],
    keysOf: () => keys,
    now: () => NOW * 1_000,
    maxTokenBytes: MAX_TOKEN_BYTES,
  });
  await expect(unable(await signer.sign(validClaims()))).rejects.toThrow(KeysUnavailable);
});
