import { readFileSync } from 'node:fs';
import * as jose from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { configOf } from './config.testing.ts';
import { personOf } from './identity/person.ts';
import { mapRole } from './map-role.ts';
import { TokenRejected } from './token-rejected.ts';
import { createSigner, NOW, type TestSigner } from './verify-token.testing.ts';
import { createTokenVerifier } from './verify-token.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A token as a provider makes it, or nearly: its header and its claims. */
interface Sample {
  readonly header: Fields;
  readonly claims: Fields;
}

const lifetime = { iat: NOW, nbf: NOW, exp: NOW + 900 };
const tenant = '11111111-2222-3333-4444-555555555555';
const entraClient = '66666666-7777-8888-9999-000000000000';

// The claims are those of the vendors' own documentation; people, ids and keys are ours.
const samples: Readonly<Record<string, Sample>> = {
  entra: {
    header: { typ: 'JWT' },
    claims: {
      ...lifetime,
      iss: `https://login.microsoftonline.com/${tenant}/v2.0`,
      aud: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
      azp: entraClient,
      azpacr: '0',
      name: 'Alice Example',
      oid: '0f0f0f0f-1111-2222-3333-444444444444',
      preferred_username: 'alice@corp.example',
      roles: ['db-readers'],
      scp: 'db.connect',
      sub: 'pairwise-subject-of-alice',
      tid: tenant,
      uti: 'u',
      ver: '2.0',
    },
  },
  auth0: {
    header: { typ: 'JWT' },
    claims: {
      ...lifetime,
      iss: 'https://corp.eu.auth0.com/',
      sub: 'auth0|alice',
      aud: ['https://gprxy.corp.example', 'https://corp.eu.auth0.com/userinfo'],
      azp: 'AbC123dEf456',
      scope: 'openid profile email offline_access',
      'https://gprxy.corp.example/email': 'alice@corp.example',
      'https://gprxy.corp.example/roles': ['db-readers'],
    },
  },
  okta: {
    header: { typ: undefined },
    claims: {
      ...lifetime,
      ver: 1,
      jti: 'AT.x',
      iss: 'https://corp.okta.com/oauth2/default',
      aud: 'https://gprxy.corp.example',
      cid: '0oa1b2c3d4e5f6g7h8i9',
      uid: '00ualice',
      scp: ['openid', 'profile', 'email', 'offline_access'],
      sub: 'alice@corp.example',
      email: 'alice@corp.example',
      groups: ['db-readers', 'db-writers'],
    },
  },
  keycloak: {
    header: { typ: 'JWT' },
    claims: {
      ...lifetime,
      jti: 'x',
      iss: 'https://sso.corp.example/realms/corp',
      aud: ['https://gprxy.corp.example', 'account'],
      sub: 'b6c7',
      typ: 'Bearer',
      azp: 'gprxy-cli',
      sid: 's',
      realm_access: { roles: ['offline_access'] },
      scope: 'openid email profile offline_access',
      email_verified: true,
      preferred_username: 'alice',
      email: 'alice@corp.example',
      groups: ['db-readers'],
    },
  },
  'oidc-provider': {
    header: { typ: 'at+jwt', alg: 'ES256' },
    claims: {
      ...lifetime,
      jti: 'x',
      iss: 'https://login.corp.example',
      aud: 'https://gprxy.corp.example',
      client_id: 'gprxy-cli',
      sub: 'alice',
      scope: '',
      email: 'alice@corp.example',
      email_verified: true,
      groups: ['data-eng'],
    },
  },
};

let signers: Readonly<Record<string, TestSigner>>;
beforeAll(async () => {
  signers = { RS256: await createSigner('rsa', 'RS256'), ES256: await createSigner('ec') };
});

/** The gateway's part of a page, with the rest of a file around it. */
function configFrom(provider: string, rules?: string) {
  const page = readFileSync(new URL(`../../../docs/providers/${provider}.md`, import.meta.url), 'utf8');
  const [, settings = ''] = /## At the gateway\n+```toml\n([\s\S]*?)```/.exec(page) ?? [];
  return configOf(`listen = "127.0.0.1:6432"

[databases.sales]
upstream = "postgresql://db.corp.example/sales"
identity = { mode = "login", backend_auth = "cert", cert = "gw.crt", key = "gw.key" }

${rules === undefined ? settings : settings.replace(/\[\[rules\]\][\s\S]*$/, rules)}`);
}

/** The role that a token gets at the gateway of the page, or why it gets none. */
async function roleFor(provider: string, changes: { header?: Fields; claims?: Fields } = {}, rules?: string) {
  const { header, claims } = samples[provider] as Sample;
  const alg = String(header.alg ?? 'RS256');
  const signer = signers[alg] as TestSigner;
  const config = configFrom(provider, rules);
  const verify = createTokenVerifier({
    issuers: config.issuers,
    keysOf: () => ({ find: async () => (await jose.importJWK(signer.publicJwk, alg)) as jose.CryptoKey }),
    now: () => NOW * 1_000,
    maxTokenBytes: 32_768,
  });
  const token = await signer.sign({ ...claims, ...changes.claims }, { alg, ...header, ...changes.header });
  try {
    const person = personOf(await verify(token));
    if ('problem' in person) return person.problem;
    const decision = mapRole(person, 'sales', { rules: config.rules, allowPrivilegedLogins: new Set() });
    return decision.role ?? decision.reason;
  } catch (error) {
    if (error instanceof TokenRejected) return error.problem;
    throw error;
  }
}

describe('the gateway, set up as docs/providers says', () => {
  it.each(Object.keys(samples))('lets a person of %s in as himself', async (provider) => {
    expect(await roleFor(provider)).toBe('alice@corp.example');
  });

  it('takes the other token profile of Auth0 as well', async () => {
    const changes = { header: { typ: 'at+jwt' }, claims: { azp: undefined, client_id: 'AbC123dEf456', jti: 'x' } };
    expect(await roleFor('auth0', changes)).toBe('alice@corp.example');
  });
});

describe('the traps that docs/providers names', () => {
  const overage = { groups: undefined, roles: undefined, _claim_names: { groups: 'src1' }, _claim_sources: {} };
  const byGroup = '[[rules]]\nmatch = { groups = ["x"] }\nrole = "x"\n';

  it.each([
    {
      trap: 'version 1 tokens of Entra',
      provider: 'entra',
      claims: {
        iss: `https://sts.windows.net/${tenant}/`,
        aud: 'api://aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
        ver: '1.0',
      },
      result: 'token_issuer',
    },
    {
      trap: 'a token of Entra for Microsoft Graph',
      provider: 'entra',
      claims: { aud: '00000003-0000-0000-c000-000000000000' },
      result: 'token_audience',
    },
    {
      trap: 'an ID token of Entra',
      provider: 'entra',
      claims: { scp: undefined, nonce: 'n', azp: undefined },
      result: 'token_not_an_access_token',
    },
    { trap: 'another directory', provider: 'entra', claims: { tid: 'another' }, result: 'token_claims' },
    { trap: 'over 200 groups', provider: 'entra', claims: overage, rules: byGroup, result: 'groups_overage' },
    {
      trap: 'Auth0 without the Action',
      provider: 'auth0',
      claims: { 'https://gprxy.corp.example/email': undefined },
      result: 'name_missing',
    },
    {
      trap: 'Auth0 without the slash in the issuer',
      provider: 'auth0',
      claims: { iss: 'https://corp.eu.auth0.com' },
      result: 'token_issuer',
    },
    {
      trap: "Okta's own authorization server",
      provider: 'okta',
      claims: { iss: 'https://corp.okta.com', aud: 'https://corp.okta.com' },
      result: 'token_issuer',
    },
    { trap: 'Keycloak without the mapper', provider: 'keycloak', claims: { aud: 'account' }, result: 'token_audience' },
    { trap: 'full paths of groups', provider: 'keycloak', claims: { groups: ['/db-readers'] }, result: 'no_rule' },
    {
      trap: 'an ID token of Keycloak',
      provider: 'keycloak',
      claims: { typ: 'ID' },
      result: 'token_not_an_access_token',
    },
    {
      trap: 'an address that Keycloak has not verified',
      provider: 'keycloak',
      claims: { email_verified: false },
      result: 'email_unverified',
    },
    {
      trap: 'oidc-provider without email_verified',
      provider: 'oidc-provider',
      claims: { email_verified: undefined },
      result: 'email_unverified',
    },
  ])('$trap: $result', async ({ provider, claims, result, ...given }) => {
    expect(await roleFor(provider, { claims }, 'rules' in given ? given.rules : undefined)).toBe(result);
  });
});
