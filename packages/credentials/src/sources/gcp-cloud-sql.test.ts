import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { googleAccount, googleToken, startGoogleFederation, startGoogleMetadata } from '@gprxy/testkit';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { failureOf, neverAborts, testDirectory } from '../dependencies.testing.ts';
import type { GcpCloudSqlCredential } from './credential-settings.ts';
import { createGcpCloudSqlSource } from './gcp-cloud-sql.ts';
import { testSourceDependencies } from './source-dependencies.testing.ts';

const loginScope = 'https://www.googleapis.com/auth/sqlservice.login';

/** Nothing of the machine's own Google set-up. */
beforeEach(() => {
  const own = /^(GOOGLE_|GCE_|GCLOUD_|CLOUDSDK_|METADATA_)/;
  for (const name of Object.keys(process.env)) if (own.test(name)) vi.stubEnv(name, undefined);
  vi.stubEnv('HOME', '/nowhere');
  vi.stubEnv('METADATA_SERVER_DETECTION', 'none');
});
afterEach(() => vi.unstubAllEnvs());

function sourceOf(credential: Partial<GcpCloudSqlCredential> = {}) {
  const deps = testSourceDependencies();
  return { deps, source: createGcpCloudSqlSource({ kind: 'gcp-cloud-sql', ...credential }, deps) };
}

function keyFile(content: object): string {
  const file = join(testDirectory(), 'key.json');
  writeFileSync(file, JSON.stringify(content));
  return file;
}

describe('a token of Google', () => {
  it('of a VM is for the login to databases, and names its service account as the database does', async () => {
    await using cloud = await startGoogleMetadata();
    for (const [name, value] of Object.entries(cloud.env)) vi.stubEnv(name, value);
    const { source } = sourceOf();
    const askedAt = Date.now();
    const { token, expiresAt, identity } = await source.getToken(neverAborts);
    expect(token).toBe(googleToken(loginScope));
    expect(expiresAt - 3_599_000).toBeGreaterThanOrEqual(askedAt);
    expect(expiresAt - 3_599_000).toBeLessThanOrEqual(Date.now());
    expect(identity.claims).toEqual({ email: googleAccount, database_user: 'app@test-project.iam' });
    const asked = cloud.requests.length;
    await source.getToken(neverAborts);
    expect(cloud.requests.length).toBe(asked);
  });

  it('of a pod is traded for the token of its cluster', async () => {
    await using cloud = await startGoogleFederation('the-token-of-the-pod');
    const podToken = join(testDirectory(), 'token');
    writeFileSync(podToken, 'the-token-of-the-pod');
    const { source } = sourceOf({ keyFile: keyFile(cloud.configuration(podToken)) });
    const { token, identity } = await source.getToken(neverAborts);
    expect(token).toBe(googleToken(loginScope));
    expect(identity.email).toBe(googleAccount);
  });
});

describe('a token that Google does not give', () => {
  it('S18 is told without the token that it was to be traded for', async () => {
    await using cloud = await startGoogleFederation('another');
    const podToken = join(testDirectory(), 'token');
    const canary = 'canary0canary0canary0canary0canary0canary';
    writeFileSync(podToken, canary);
    const error = await failureOf(
      sourceOf({ keyFile: keyFile(cloud.configuration(podToken)) }).source.getToken(neverAborts),
    );
    expect(error).toMatchObject({
      code: 'ERR_PROVIDER_REFUSED',
      message: expect.stringMatching(/^no token from Google: /),
    });
    expect(`${error.message} ${error.hint} ${error.stack}`).not.toContain('canary0');
  });

  it('because the metadata server is down is passing', async () => {
    const cloud = await startGoogleMetadata();
    await cloud[Symbol.asyncDispose]();
    for (const [name, value] of Object.entries(cloud.env)) vi.stubEnv(name, value);
    expect(await failureOf(sourceOf().source.getToken(neverAborts))).toMatchObject({
      code: 'ERR_PROVIDER_UNREACHABLE',
    });
  });

  it('because the metadata server hangs up is told after two requests for each thing, and "gcloud" is not run', async () => {
    let asked = 0;
    const server = createServer((socket) => {
      asked++;
      socket.destroy();
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const [programs, ran] = [testDirectory(), join(testDirectory(), 'ran')];
    writeFileSync(join(programs, 'gcloud'), `#!/bin/sh\n: > ${ran}\n`, { mode: 0o755 });
    vi.stubEnv('PATH', `${programs}:${process.env.PATH}`);
    vi.stubEnv('GCE_METADATA_HOST', `127.0.0.1:${(server.address() as AddressInfo).port}`);
    vi.stubEnv('METADATA_SERVER_DETECTION', 'assume-present');
    expect(await failureOf(sourceOf().source.getToken(neverAborts))).toMatchObject({
      code: 'ERR_PROVIDER_UNREACHABLE',
    });
    expect(asked).toBeLessThanOrEqual(4);
    expect(existsSync(ran)).toBe(false);
  });

  it.each([
    ['nobody has signed in', () => ({}), /Could not load the default credentials/],
    ['the key is not there', () => ({ keyFile: '/nowhere/key.json' }), /\/nowhere\/key\.json/],
    ['the key is none', () => ({ keyFile: keyFile({ type: 'nonsense' }) }), /no token from Google/],
  ])('because %s', async (_, credential, message) => {
    expect(await failureOf(sourceOf(credential()).source.getToken(neverAborts))).toMatchObject({
      code: 'ERR_SOURCE_FAILED',
      message: expect.stringMatching(message),
      hint: expect.stringContaining('gcloud auth application-default login'),
    });
  });
});
