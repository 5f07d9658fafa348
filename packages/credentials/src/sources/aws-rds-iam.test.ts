import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { awsCredentials, startAwsContainerCredentials } from '@gprxy/testkit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { failureOf, neverAborts, testDirectory } from '../dependencies.testing.ts';
import { createAwsRdsIamSource } from './aws-rds-iam.ts';
import type { AwsRdsIamCredential } from './credential-settings.ts';
import { testSourceDependencies } from './source-dependencies.testing.ts';

const host = 'db.abc123.eu-west-1.rds.amazonaws.com';
const upstream = { host, port: 5432, user: 'app_reader' };

/** Nothing of the machine's own AWS set-up. */
beforeEach(() => {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('AWS_CONFIG_FILE', '/nowhere');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nowhere');
});
afterEach(() => vi.unstubAllEnvs());

function sourceOf(credential: Partial<AwsRdsIamCredential> = {}, to: Partial<typeof upstream> = {}) {
  const deps = testSourceDependencies();
  return { deps, source: createAwsRdsIamSource({ kind: 'aws-rds-iam', ...credential }, { ...upstream, ...to }, deps) };
}

/** The token is a URL without its scheme. */
const parse = (token: string) => new URL(`https://${token}`);

describe('a token of Amazon RDS', () => {
  beforeEach(() => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIATEST');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'the-secret');
  });

  it('is signed for the endpoint, the user and the region in its name, and lives 15 minutes', async () => {
    const { source, deps } = sourceOf();
    const { token, expiresAt, identity } = await source.getToken(neverAborts);
    const url = parse(token);
    expect([url.host, url.searchParams.get('Action'), url.searchParams.get('DBUser')]).toEqual([
      `${host}:5432`,
      'connect',
      'app_reader',
    ]);
    expect(url.searchParams.get('X-Amz-Credential')).toMatch(/^AKIATEST\/\d{8}\/eu-west-1\/rds-db\/aws4_request$/);
    expect(url.searchParams.get('X-Amz-Expires')).toBe('900');
    expect(token).not.toContain('the-secret');
    expect({ expiresAt, identity }).toEqual({ expiresAt: deps.now() + 900_000, identity: { claims: {} } });
  });

  it('is signed again a minute before it ends', async () => {
    const { source, deps } = sourceOf();
    const first = await source.getToken(neverAborts);
    deps.advance(14 * 60_000 - 1);
    expect(await source.getToken(neverAborts)).toBe(first);
    deps.advance(2);
    expect(await source.getToken(neverAborts)).not.toBe(first);
  });

  it.each([
    ['the region that the profile says', { region: 'eu-central-1' }, {}, 'eu-central-1', `${host}:5432`],
    [
      'the endpoint behind a tunnel',
      { endpoint: { host, port: 5433 } },
      { host: 'localhost', port: 1 },
      'eu-west-1',
      `${host}:5433`,
    ],
    [
      'a GovCloud endpoint',
      {},
      { host: 'db.x.us-gov-west-1.rds.amazonaws.com' },
      'us-gov-west-1',
      'db.x.us-gov-west-1.rds.amazonaws.com:5432',
    ],
    [
      'a Chinese endpoint',
      {},
      { host: 'db.x.rds.cn-north-1.amazonaws.com.cn' },
      'cn-north-1',
      'db.x.rds.cn-north-1.amazonaws.com.cn:5432',
    ],
  ])('is for %s', async (_, credential, to, region, signedHost) => {
    const { source } = sourceOf(credential, to);
    const url = parse((await source.getToken(neverAborts)).token);
    expect(url.host).toBe(signedHost);
    expect(url.searchParams.get('X-Amz-Credential')).toContain(`/${region}/`);
  });

  it('needs a region that neither the name nor anything else tells', async () => {
    const { source } = sourceOf({}, { host: 'db.corp.example' });
    expect(await failureOf(source.getToken(neverAborts))).toMatchObject({
      code: 'ERR_SOURCE_FAILED',
      message: expect.stringMatching(/^no token for Amazon RDS: .*[Rr]egion/),
      hint: expect.stringContaining('aws_region'),
    });
  });
});

describe('the credentials that sign it', () => {
  it('are those of a profile in ~/.aws', async () => {
    const file = join(testDirectory(), 'credentials');
    writeFileSync(file, '[ci]\naws_access_key_id = AKIAOFCI\naws_secret_access_key = x\n');
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', file);
    const { token } = await sourceOf({ profile: 'ci' }).source.getToken(neverAborts);
    expect(parse(token).searchParams.get('X-Amz-Credential')).toMatch(/^AKIAOFCI\//);
  });

  it('are those of the container, asked for once', async () => {
    await using cloud = await startAwsContainerCredentials();
    for (const [name, value] of Object.entries(cloud.env)) vi.stubEnv(name, value);
    const { source, deps } = sourceOf();
    const { token } = await source.getToken(neverAborts);
    deps.advance(15 * 60_000);
    await source.getToken(neverAborts);
    expect(parse(token).searchParams.get('X-Amz-Credential')).toContain(awsCredentials.AccessKeyId);
    expect(parse(token).searchParams.get('X-Amz-Security-Token')).toBe(awsCredentials.Token);
    expect(cloud.requests).toEqual(['GET /credentials']);
  });

  it('S18 are told in no message when there are none, or the container is refused', async () => {
    await using cloud = await startAwsContainerCredentials();
    const none = await failureOf(sourceOf().source.getToken(neverAborts));
    expect(none).toMatchObject({
      code: 'ERR_SOURCE_FAILED',
      hint: expect.stringContaining('aws sts get-caller-identity'),
    });
    for (const [name, value] of Object.entries(cloud.env)) vi.stubEnv(name, value);
    cloud.failWith({ status: 403, body: { code: 'denied', message: `no ${awsCredentials.Token}` } });
    const refused = await failureOf(sourceOf().source.getToken(neverAborts));
    expect(refused.code).toMatch(/^ERR_(SOURCE_FAILED|PROVIDER_REFUSED)$/);
    expect(`${refused.message} ${refused.hint} ${refused.stack}`).not.toContain(awsCredentials.Token);
  });
});
