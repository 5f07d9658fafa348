import { alice, startOidcProvider, type TestProvider } from '@gprxy/testkit';
import { generateKeyPair } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { failureOf } from '../dependencies.testing.ts';
import { approve, nothing, play } from './device-login.testing.ts';

let provider: TestProvider;
beforeAll(async () => {
  provider = await startOidcProvider({ users: [alice, { ...alice, login: 'carol', claims: { email: undefined } }] });
});
afterAll(() => provider.stop());
afterEach(() => provider.resume());

const soon = () => Math.floor(Date.now() / 1000) + 300;

/** What the token endpoint answers to the next poll. `forge` makes the ID token; the default is a good one. */
async function tokens(forge: Parameters<TestProvider['signToken']> = []) {
  const [claims, header, key] = forge;
  const idToken = await provider.signToken(
    { aud: provider.clientId, exp: soon(), ...claims },
    { typ: 'JWT', ...header },
    key,
  );
  const body = {
    access_token: await provider.signToken(claims),
    token_type: 'bearer',
    id_token: idToken,
    expires_in: 300,
  };
  provider.answerNext('token', { status: 200, body });
}

describe('the ID token', () => {
  it('is taken when a published key signed it', async () => {
    const { result } = play(provider, {}, () => tokens());
    expect(await result).toMatchObject({ subject: 'alice', email: 'alice@corp.example' });
  });

  it('is refused when somebody else signed it, though it came over the right line', async () => {
    const { privateKey } = await generateKeyPair('ES256');
    const error = await failureOf(play(provider, {}, () => tokens([{}, {}, privateKey])).result);
    expect(error).toMatchObject({ code: 'ERR_PROVIDER_REFUSED', message: expect.stringContaining('not signed') });
  });

  it('is refused with a key that is not published any more, unsigned, or signed with a secret', async () => {
    const secret = new TextEncoder().encode(provider.signingKey().publicPem);
    for (const forge of [
      [{}, { kid: 'unknown' }],
      [{}, { alg: 'HS256' }, secret],
    ] as const) {
      const error = await failureOf(play(provider, {}, () => tokens([...forge])).result);
      expect(error.code).toBe('ERR_PROVIDER_REFUSED');
    }
  });

  it('is verified without a kid too, by whatever key fits', async () => {
    const { result } = play(provider, {}, () => tokens([{}, { kid: undefined }]));
    expect(await result).toMatchObject({ subject: 'alice' });
    await provider.rotateKeys();
    const { result: afterRotation } = play(provider, {}, () => tokens([{}, { kid: undefined }]));
    expect(await afterRotation).toMatchObject({ subject: 'alice' });
  });

  it('is not given up because the keys were out of reach for a moment', async () => {
    const before = provider.requests('jwks');
    provider.answerNext('jwks', { status: 503 });
    provider.answerNext('jwks', { status: 503 });
    expect(await play(provider, {}, approve).result).toMatchObject({ subject: 'alice' });
    expect(provider.requests('jwks') - before).toBe(3);
  });

  it('is worth nothing while the keys stay out of reach, which is not called a refusal', async () => {
    for (let attempt = 0; attempt < 3; attempt++) provider.answerNext('jwks', { status: 503 });
    const error = await failureOf(play(provider, {}, approve).result);
    expect(error.code).toBe('ERR_PROVIDER_UNREACHABLE');
  });

  it('is worth nothing where the keys are none', async () => {
    provider.answerNext('jwks', { status: 200, body: '<html>' });
    const error = await failureOf(play(provider, {}, approve).result);
    expect(error).toMatchObject({ code: 'ERR_PROVIDER_REFUSED', message: expect.stringContaining('keys') });
  });
});

describe('UserInfo', () => {
  const withoutEmail = () => tokens([{ sub: 'carol' }]);

  it('tells the email address that the ID token leaves out', async () => {
    provider.answerNext('userinfo', { status: 200, body: { sub: 'carol', email: 'carol@corp.example' } });
    expect(await play(provider, {}, withoutEmail).result).toMatchObject({
      subject: 'carol',
      email: 'carol@corp.example',
    });
  });

  it('about somebody else ends the login', async () => {
    provider.answerNext('userinfo', { status: 200, body: { sub: 'mallory', email: 'alice@corp.example' } });
    const error = await failureOf(play(provider, {}, withoutEmail).result);
    expect(error).toMatchObject({ code: 'ERR_PROVIDER_REFUSED', message: expect.stringContaining('another person') });
  });

  it('that refuses tokens of another audience does not stand in the way', async () => {
    const before = provider.requests('userinfo');
    const login = await play(provider, {}, withoutEmail).result;
    expect(login).toMatchObject({ subject: 'carol' });
    expect(login).not.toHaveProperty('email');
    expect(provider.requests('userinfo') - before).toBe(1);
  });

  it('is not asked for what is known', async () => {
    const before = provider.requests('userinfo');
    await play(provider, {}, approve, nothing).result;
    expect(provider.requests('userinfo')).toBe(before);
  });
});
