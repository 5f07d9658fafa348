import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  azureApplication,
  createCertificateAuthority,
  startAzureAuthority,
  startGoogleApis,
  startGoogleMetadata,
  temporaryDirectory,
} from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type InstalledGprxy, installGprxy, Shell } from './gprxy-shell.testing.ts';

let gprxy: InstalledGprxy;
let shell: Shell;
beforeAll(async () => {
  gprxy = await installGprxy();
  shell = await Shell.open(gprxy);
});
afterAll(async () => {
  await shell[Symbol.asyncDispose]();
  await gprxy[Symbol.asyncDispose]();
});

async function configure({ home }: Shell, rows: string): Promise<void> {
  await mkdir(join(home, 'config/gprxy'), { recursive: true, mode: 0o700 });
  const upstream = 'postgresql://db.abc.eu-west-1.rds.amazonaws.com/sales';
  await writeFile(join(home, 'config/gprxy/config.toml'), `[profiles.prod]\nupstream = "${upstream}"\n${rows}\n`);
}

const aws = {
  AWS_ACCESS_KEY_ID: 'AKIATEST',
  AWS_SECRET_ACCESS_KEY: 'canary-secret',
  AWS_EC2_METADATA_DISABLED: 'true',
};

describe('the installed gprxy, with the SDKs of the clouds beside it', () => {
  it('signs tokens for Amazon RDS', async () => {
    await configure(shell, 'credential = "aws-rds-iam"\nuser = "app"');
    const { exitCode, stdout, stderr } = await shell.run('gprxy get-token', aws);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/^db\.abc\.eu-west-1\.rds\.amazonaws\.com:5432\/\?Action=connect&DBUser=app&X-Amz-.*\n$/);
    expect(stdout).not.toContain('canary-secret');
  });

  it('asks the metadata of Google', async () => {
    await using cloud = await startGoogleMetadata();
    await configure(shell, 'credential = "gcp-cloud-sql"');
    const { exitCode, stdout, stderr } = await shell.run('gprxy get-token --format pgpass', { ...cloud.env });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/^db\.abc\.[^:]*:5432:\*:app@test-project\.iam:ya29\.test-token-for-sqlservice\.login\n$/);
  });

  it.each([
    ['a key of a service account', '', 'app@test-project.iam:ya29.test-token-for-sqlservice.login'],
    [
      'that account as another',
      'gcp_impersonate = "reports@p.iam.gserviceaccount.com"',
      'reports@p.iam:ya29.test-token-for-sqlservice.login-of-reports@p.iam.gserviceaccount.com',
    ],
  ])('gets a token of Google for %s, by way of the proxy', async (_, row, userAndToken) => {
    const ca = await createCertificateAuthority();
    await using cloud = await startGoogleApis(ca);
    const caFile = join(shell.home, 'google-ca.pem');
    await writeFile(caFile, ca.certPem);
    await configure(shell, `credential = "gcp-cloud-sql"\ngcp_key_file = "key.json"\n${row}`);
    await writeFile(join(shell.home, 'config/gprxy/key.json'), JSON.stringify(cloud.keyFile));
    const env = { ...cloud.env, NODE_EXTRA_CA_CERTS: caFile };
    const { exitCode, stdout, stderr } = await shell.run('gprxy get-token --format pgpass', env);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toBe(`db.abc.eu-west-1.rds.amazonaws.com:5432:*:${userAndToken}\n`);
  });

  it.each(['environment', 'workload-identity', 'default'])('gets a token of Azure (%s)', async (identity) => {
    const ca = await createCertificateAuthority();
    await using cloud = await startAzureAuthority(ca, (scope) => `azure-token-for-${scope}`);
    const caFile = join(shell.home, 'azure-ca.pem');
    const tokenFile = join(shell.home, 'pod-token');
    await writeFile(caFile, ca.certPem);
    await writeFile(tokenFile, azureApplication.federatedToken);
    const authority = `azure_authority = "${cloud.env.AZURE_AUTHORITY_HOST}"`;
    await configure(shell, `credential = "azure-entra"\nuser = "app"\nazure_identity = "${identity}"\n${authority}`);
    const proof =
      identity === 'environment'
        ? { AZURE_CLIENT_SECRET: azureApplication.secret }
        : { AZURE_FEDERATED_TOKEN_FILE: tokenFile };
    const env = { ...cloud.env, ...proof, NODE_EXTRA_CA_CERTS: caFile };
    const { exitCode, stdout, stderr } = await shell.run('gprxy get-token', env);
    expect({ exitCode, stdout, stderr }).toEqual({
      exitCode: 0,
      stdout: 'azure-token-for-https://ossrdbms-aad.database.windows.net/.default\n',
      stderr: '',
    });
  });

  it('S18 says that Azure refuses, and not what was sent', async () => {
    const ca = await createCertificateAuthority();
    await using cloud = await startAzureAuthority(ca, () => '');
    const caFile = join(shell.home, 'azure-ca.pem');
    await writeFile(caFile, ca.certPem);
    const rows = `azure_identity = "environment"\nazure_authority = "${cloud.env.AZURE_AUTHORITY_HOST}"`;
    await configure(shell, `credential = "azure-entra"\nuser = "app"\n${rows}`);
    const secret = 'canary-of-a-secret-that-nobody-takes-0123456789';
    const env = { ...cloud.env, AZURE_CLIENT_SECRET: secret, NODE_EXTRA_CA_CERTS: caFile, GPRXY_DEBUG: '1' };
    const { exitCode, stdout, stderr } = await shell.run('gprxy get-token', env);
    expect({ exitCode, stdout }).toEqual({ exitCode: 5, stdout: '' });
    expect(stderr).toMatch(/^gprxy: no token from Azure: .*AADSTS7000215/);
    expect(stderr).not.toContain('canary');
  });

  it('says what to sign in with where Azure has nothing', async () => {
    await configure(shell, 'credential = "azure-entra"\nuser = "app"\nazure_identity = "environment"');
    const { exitCode, stdout, stderr } = await shell.run('gprxy get-token');
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toMatch(/^gprxy: no token from Azure: .*\n {2}Run "az login" to sign in/);
  });
});

describe('the installed gprxy without them', () => {
  it.each([
    ['aws-rds-iam', '@aws-sdk/rds-signer'],
    ['azure-entra', '@azure/identity'],
    ['gcp-cloud-sql', 'google-auth-library'],
  ])('tells for %s what to install', async (credential, name) => {
    const alone = await temporaryDirectory();
    onTestFinished(() => alone.remove());
    const root = dirname(dirname(gprxy.bin));
    await cp(root, alone.path, { recursive: true });
    await rm(join(alone.path, 'node_modules'), { recursive: true, force: true });
    await using lonely = await Shell.open({ ...gprxy, bin: join(alone.path, gprxy.bin.slice(root.length)) });
    await configure(lonely, `credential = "${credential}"\nuser = "app"`);
    const { exitCode, stdout, stderr } = await lonely.run('gprxy get-token', aws);
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toBe(
      `gprxy: the package ${name} is not installed, which this profile needs\n` +
        `  Run "npm install -g ${name}", where "gprxy" itself was installed by "npm install -g gprxy".\n`,
    );
  });
});
