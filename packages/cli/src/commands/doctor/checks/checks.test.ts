import type { CredentialSettings } from '@gprxy/credentials';
import type { Profile } from '@gprxy/sidecar';
import { describe, expect, it } from 'vitest';
import { aliceToken, runningStatus } from '../../../dependencies.testing.ts';
import type { SetUp } from '../set-up.ts';
import { checkAudience } from './audience.ts';
import { checkNode } from './node.ts';
import { checkPorts } from './ports.ts';
import { checkProxies } from './proxies.ts';
import { checkSidecar } from './sidecar.ts';

const listen = [{ host: '127.0.0.1', port: 5433 }];

interface World {
  readonly env?: Record<string, string>;
  readonly nodeVersion?: string;
  readonly platform?: NodeJS.Platform;
  readonly profile?: Partial<Profile>;
  readonly token?: string;
  readonly claims?: Record<string, unknown>;
  readonly status?: ReturnType<typeof runningStatus>;
}

function setUp({ env = {}, nodeVersion = '20.19.0', platform = 'linux', ...world }: World): SetUp {
  const credential = { kind: 'oidc', issuer: 'https://login.corp.example', clientId: 'gprxy-cli', scopes: [] };
  const { token = 'eyJ.eyJ.sig', claims = {} } = world;
  return {
    dependencies: { env, platform, homedir: '/home/alice' } as unknown as SetUp['dependencies'],
    nodeVersion,
    profile: async () => ({ name: 'prod', listen, credential, ...world.profile }) as unknown as Profile,
    token: async () => ({ ...aliceToken, token, identity: { ...aliceToken.identity, claims } }),
    status: async () => world.status,
  };
}

describe('the check of Node', () => {
  it.each(['20.19.0', '20.20.2', '22.0.0', '24.1.0'])('takes %s', async (nodeVersion) => {
    expect(await checkNode(setUp({ nodeVersion }))).toMatchObject({ verdict: 'ok' });
  });

  it.each(['20.18.3', '18.20.4', '9.0.0'])('refuses %s', async (nodeVersion) => {
    await expect(checkNode(setUp({ nodeVersion }))).rejects.toMatchObject({
      message: `version ${nodeVersion} is too old`,
      hint: expect.stringContaining('20.19'),
    });
  });
});

describe('the check of proxies', () => {
  it.each([
    { env: {}, message: 'none in the environment' },
    {
      env: { https_proxy: 'http://proxy:3128', HTTPS_PROXY: 'http://other:1', NO_PROXY: 'localhost' },
      message: 'for the identity provider: https_proxy=http://proxy:3128, NO_PROXY=localhost',
    },
    { env: { HTTP_PROXY: 'http://a:b@proxy' }, message: 'for the identity provider: HTTP_PROXY=http://***@proxy' },
  ])('tells of $env', async ({ env, message }) => {
    expect(await checkProxies(setUp({ env }))).toEqual({ verdict: 'ok', message });
  });

  it('S18 does not quote one that it cannot take apart', async () => {
    const error = await checkProxies(setUp({ env: { HTTPS_PROXY: 'alice:hunter2@proxy' } })).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'ERR_CONFIG_PROXY', hint: expect.stringContaining('unset HTTPS_PROXY') });
    expect(JSON.stringify({ ...error, message: error.message })).not.toContain('hunter2');
  });
});

describe('the check of the sidecar', () => {
  it.each([
    { profile: { listen: [] }, verdict: 'ok', message: 'not needed: profile "prod" has no "listen"' },
    { verdict: 'warning', message: 'it does not run' },
    {
      status: runningStatus([{ profile: 'dev' }]),
      verdict: 'warning',
      message: 'it runs (pid 4711) without profile "prod"',
    },
    { status: runningStatus([{}]), verdict: 'ok', message: 'runs (pid 4711), on 127.0.0.1:5433' },
  ])('finds: $message', async ({ verdict, message, ...world }) => {
    expect(await checkSidecar(setUp(world))).toMatchObject({ verdict, message });
  });

  it('finds a listener that failed, and why', async () => {
    const lastError = { at: '2030-01-01T12:00:00Z', code: 'ERR_ADDRESS_IN_USE', message: 'another program listens' };
    const status = runningStatus([{ state: 'failed', lastError }]);
    await expect(checkSidecar(setUp({ status }))).rejects.toThrow(
      'does not serve the profile: 127.0.0.1:5433: another program listens',
    );
  });
});

it('the check of the sidecar passes on what the sidecar itself says is wrong', async () => {
  const problems = [{ profile: 'prod', message: 'no such file', hint: 'Check sslrootcert.' }];
  const status = { ...runningStatus([{}]), problems };
  await expect(checkSidecar(setUp({ status }))).rejects.toMatchObject({
    message: 'it runs, and does not serve the profile: no such file',
    hint: 'Check sslrootcert. Then run "gprxy reload".',
  });
});

it('the check of ports leaves those alone that are the sidecar’s, or of no fixed number', async () => {
  expect(await checkPorts(setUp({ status: runningStatus([{}]) }))).toMatchObject({ message: "5433 is the sidecar's" });
  const profile = { listen: [{ host: '127.0.0.1', port: 0 }] };
  expect(await checkPorts(setUp({ profile }))).toMatchObject({ message: 'none of a fixed number' });
});

it('the check of ports warns where everybody on the machine may use them', async () => {
  expect(await checkPorts(setUp({ status: runningStatus([{}]), profile: { localAuth: 'trust' } }))).toMatchObject({
    verdict: 'warning',
    message: expect.stringMatching(/every user of this machine connect as you/),
    hint: expect.stringContaining('or "password"'),
  });
});

describe('the check of the audience', () => {
  const oidc = { kind: 'oidc', issuer: 'https://login.corp.example', clientId: 'gprxy-cli', scopes: [] } as const;
  const wanting = (audience: string) => ({ credential: { ...oidc, login: 'auto', audience } as CredentialSettings });

  it.each([
    { claims: { aud: 'a' }, verdict: 'ok', message: 'a' },
    { claims: { aud: ['a', 'b'] }, profile: wanting('b'), verdict: 'ok', message: 'a, b' },
    { claims: { aud: 'gprxy-cli' }, verdict: 'warning', message: expect.stringContaining('for the client itself') },
    { token: 'opaque', verdict: 'warning', message: expect.stringContaining('opaque') },
    {
      profile: { credential: { kind: 'file', path: '/t' } as const },
      verdict: 'ok',
      message: 'not needed by credential = "file"',
    },
  ])('finds $message', async ({ verdict, message, ...world }) => {
    expect(await checkAudience(setUp(world))).toMatchObject({ verdict, message });
  });

  it.each([
    { claims: {}, message: 'the token has no audience ("aud")' },
    { claims: { aud: 7 }, message: 'the token has no audience ("aud")' },
    { claims: { aud: 'a' }, profile: wanting('b'), message: 'the token is for a, not for b' },
  ])('refuses: $message', async ({ message, ...world }) => {
    await expect(checkAudience(setUp(world))).rejects.toMatchObject({ message, code: 'ERR_CONFIG_AUDIENCE' });
  });
});
