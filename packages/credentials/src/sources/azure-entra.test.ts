import { chmodSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { azureTokenLifeSeconds, startAzureManagedIdentity } from '@gprxy/testkit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { failureOf, neverAborts, testDirectory } from '../dependencies.testing.ts';
import { createAzureEntraSource } from './azure-entra.ts';
import type { AzureEntraCredential } from './credential-settings.ts';
import { testSourceDependencies, unsignedJwt } from './source-dependencies.testing.ts';

const scope = 'https://ossrdbms-aad.database.windows.net/.default';

/** Nothing of the machine's own Azure set-up. */
beforeEach(() => {
  const own = /^(AZURE_|IDENTITY_|MSI_|IMDS_)/;
  for (const name of Object.keys(process.env)) if (own.test(name)) vi.stubEnv(name, undefined);
});
afterEach(() => vi.unstubAllEnvs());

function sourceOf(credential: Partial<AzureEntraCredential>) {
  const deps = testSourceDependencies();
  return {
    deps,
    source: createAzureEntraSource({ kind: 'azure-entra', identity: 'default', scope, ...credential }, deps),
  };
}

describe('a token of Azure by the managed identity of an app', () => {
  it('is for the databases, and tells whose it is', async () => {
    await using cloud = await startAzureManagedIdentity((asked) => unsignedJwt({ ...asked, oid: 'o-1' }));
    for (const [name, value] of Object.entries(cloud.env)) vi.stubEnv(name, value);
    const { source, deps } = sourceOf({ identity: 'managed-identity', clientId: 'app-1' });
    const { identity, expiresAt } = await source.getToken(neverAborts);
    const resource = 'https://ossrdbms-aad.database.windows.net';
    expect(identity.claims).toEqual({ resource, clientId: 'app-1', oid: 'o-1' });
    expect(Math.abs(expiresAt - deps.now() - azureTokenLifeSeconds * 1_000)).toBeLessThan(10_000);
    await source.getToken(neverAborts);
    expect(cloud.requests).toEqual(['GET /MSI/token']);
  });

  it('S18 is told in no message when it is refused', async () => {
    const canary = 'canary0canary0canary0canary0canary0canary';
    await using cloud = await startAzureManagedIdentity(() => '');
    for (const [name, value] of Object.entries(cloud.env)) vi.stubEnv(name, value);
    cloud.failWith({ status: 403, body: { error: 'invalid_scope', message: `not for ${canary}` } });
    const error = await failureOf(
      sourceOf({ identity: 'managed-identity', clientId: 'app-2' }).source.getToken(neverAborts),
    );
    expect(error).toMatchObject({
      message: expect.stringMatching(/^no token from Azure: /),
      hint: expect.stringContaining('azure_identity'),
    });
    expect(`${error.message} ${error.hint} ${error.stack}`).not.toContain('canary0');
  });
});

describe('a token of Azure by the login of the Azure CLI', () => {
  /** An `az` that prints what is given, as the real one does. */
  function azThatRuns(script: string): void {
    const directory = testDirectory();
    writeFileSync(join(directory, 'az'), `#!${process.execPath}\n${script}`);
    chmodSync(join(directory, 'az'), 0o755);
    vi.stubEnv('PATH', `${directory}${delimiter}${process.env.PATH}`);
  }

  it('is what "az account get-access-token" prints', async () => {
    const token = unsignedJwt({ upn: 'alice@corp.example' });
    const expiresOn = Math.floor(Date.now() / 1_000) + 3_600;
    azThatRuns(`console.log(JSON.stringify({ accessToken: '${token}', expires_on: ${expiresOn} }))`);
    const { source } = sourceOf({ identity: 'cli' });
    expect(await source.getToken(neverAborts)).toEqual({
      token,
      expiresAt: expiresOn * 1_000,
      identity: { claims: { upn: 'alice@corp.example' } },
    });
  });

  it('is missing as long as nobody has signed in', async () => {
    azThatRuns(`console.error("ERROR: Please run 'az login' to setup account."); process.exit(1)`);
    expect(await failureOf(sourceOf({ identity: 'cli' }).source.getToken(neverAborts))).toMatchObject({
      code: 'ERR_SOURCE_FAILED',
      message: expect.stringMatching(/az login/),
      hint: expect.stringContaining('az login'),
    });
  });
});

describe('a token of Azure that nobody gives', () => {
  it('by the environment says which variables there are', async () => {
    const error = await failureOf(sourceOf({ identity: 'environment' }).source.getToken(neverAborts));
    expect(error).toMatchObject({ code: 'ERR_SOURCE_FAILED', message: expect.stringMatching(/EnvironmentCredential/) });
  });

  it('by a workload says what it lacks', async () => {
    const error = await failureOf(sourceOf({ identity: 'workload-identity' }).source.getToken(neverAborts));
    expect(error).toMatchObject({
      code: 'ERR_SOURCE_FAILED',
      message: expect.stringMatching(/WorkloadIdentityCredential/),
    });
  });
});
