import { sign } from 'node:crypto';
import { Agent, fetch, ProxyAgent } from 'undici';
import { describe, expect, it } from 'vitest';
import { createCertificateAuthority } from '../certificates.ts';
import { awsCredentials, startAwsContainerCredentials } from './aws.ts';
import { azureApplication, startAzureAuthority, startAzureManagedIdentity } from './azure.ts';
import { googleAccount, startGoogleFederation, startGoogleMetadata } from './google.ts';
import { startGoogleApis } from './google-apis.ts';

describe('the container credentials of AWS', () => {
  it('are for the container, last an hour, and fail when told to', async () => {
    await using cloud = await startAwsContainerCredentials();
    const { AWS_CONTAINER_CREDENTIALS_FULL_URI: url = '', AWS_CONTAINER_AUTHORIZATION_TOKEN: token = '' } = cloud.env;
    const ask = () => fetch(url, { headers: { authorization: token } });
    expect((await fetch(url)).status).toBe(401);
    const { Expiration = '', ...credentials } = (await (await ask()).json()) as Record<string, string>;
    expect(credentials).toEqual(awsCredentials);
    expect(Date.parse(Expiration) - Date.now()).toBeGreaterThan(3_500_000);
    cloud.failWith({ status: 500, body: 'down' });
    expect((await ask()).status).toBe(500);
    cloud.failWith(undefined);
    expect((await ask()).status).toBe(200);
    expect((await fetch(new URL('/elsewhere', url))).status).toBe(404);
    expect(cloud.requests.slice(-1)).toEqual(['GET /elsewhere']);
  });
});

describe('the managed identity of Azure', () => {
  it('is for the app, a resource and an identity', async () => {
    await using cloud = await startAzureManagedIdentity(({ resource, clientId }) => `${resource} for ${clientId}`);
    const { IDENTITY_ENDPOINT: url = '', IDENTITY_HEADER: header = '' } = cloud.env;
    const ask = (query: string, secret = header) =>
      fetch(`${url}?${query}`, { headers: { 'x-identity-header': secret } });
    expect((await ask('api-version=2019-08-01&resource=db', 'another')).status).toBe(401);
    expect((await ask('api-version=2017-09-01&resource=db')).status).toBe(400);
    const answer = (await (await ask('api-version=2019-08-01&resource=db&client_id=app')).json()) as Record<
      string,
      string
    >;
    expect(answer).toMatchObject({ access_token: 'db for app', token_type: 'Bearer', client_id: 'app' });
    expect(Number(answer.expires_on) * 1_000).toBeGreaterThan(Date.now());
  });
});

describe('the directory of Azure', () => {
  it('knows one application, by its secret or by the token of its pod', async () => {
    const ca = await createCertificateAuthority();
    await using cloud = await startAzureAuthority(ca, (scope) => `for ${scope}`);
    const dispatcher = new Agent({ connect: { ca: ca.certPem } });
    const { tenant, clientId, secret, federatedToken } = azureApplication;
    const base = `${cloud.env.AZURE_AUTHORITY_HOST}/${tenant}`;
    const metadata = await (await fetch(`${base}/v2.0/.well-known/openid-configuration`, { dispatcher })).json();
    expect(metadata).toMatchObject({ issuer: `${base}/v2.0`, token_endpoint: `${base}/oauth2/v2.0/token` });
    const ask = async (proof: Record<string, string>) => {
      const body = new URLSearchParams({ client_id: clientId, scope: 'db/.default', ...proof });
      const answer = await fetch(`${base}/oauth2/v2.0/token`, { method: 'POST', body, dispatcher });
      return { status: answer.status, ...((await answer.json()) as object) };
    };
    expect(await ask({ client_secret: secret })).toMatchObject({ status: 200, access_token: 'for db/.default' });
    expect(await ask({ client_assertion: federatedToken })).toMatchObject({ status: 200, expires_in: 3_599 });
    expect(await ask({ client_secret: 'another' })).toMatchObject({ status: 401, error: 'invalid_client' });
  });
});

describe('the metadata of Google', () => {
  it('are for who says what they are', async () => {
    await using cloud = await startGoogleMetadata();
    const ask = (path: string, headers = { 'metadata-flavor': 'Google' }) =>
      fetch(`http://${cloud.env.GCE_METADATA_HOST}/computeMetadata/v1/instance${path}`, { headers });
    expect((await ask('/', {} as never)).status).toBe(403);
    const email = await ask('/service-accounts/default/email');
    expect([email.headers.get('metadata-flavor'), await email.text()]).toEqual(['Google', googleAccount]);
    const token = await (await ask('/service-accounts/default/token?scopes=https://x/auth/sql')).json();
    expect(token).toEqual({ access_token: 'ya29.test-token-for-sql', expires_in: 3_599, token_type: 'Bearer' });
    expect((await ask('/nothing')).status).toBe(404);
  });

  it('is not where keys are checked: that is at an address of its own, by a proxy', async () => {
    const ca = await createCertificateAuthority();
    await using apis = await startGoogleApis(ca);
    const dispatcher = new ProxyAgent({ uri: apis.env.HTTPS_PROXY ?? '', requestTls: { ca: ca.certPem } });
    const post = async (url: string, body: string, authorization = '') => {
      const answer = await fetch(url, { method: 'POST', body, headers: { authorization }, dispatcher });
      return { status: answer.status, ...((await answer.json()) as object) };
    };
    const { private_key: key, client_email: iss } = apis.keyFile as Record<string, string>;
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const signed = (claims: object) => {
      const text = `${part({ alg: 'RS256' })}.${part(claims)}`;
      return `${text}.${sign('sha256', Buffer.from(text), key ?? '').toString('base64url')}`;
    };
    const token = 'https://oauth2.googleapis.com/token';
    expect(await post(token, `assertion=${signed({ iss, scope: 'https://x/auth/sql' })}`)).toMatchObject({
      status: 200,
      access_token: 'ya29.test-token-for-sql',
    });
    expect(await post(token, `assertion=${signed({ iss: 'another' })}`)).toMatchObject({ status: 400 });
    expect(await post(token, `assertion=${signed({ iss })}x`)).toMatchObject({ status: 400 });
    const other = 'https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/b@p:generateAccessToken';
    expect(await post(other, '{}')).toMatchObject({ status: 403 });
    const body = JSON.stringify({ scope: ['https://x/auth/sql'] });
    expect(await post(other, body, 'Bearer ya29.test-token-for-cloud-platform')).toMatchObject({
      accessToken: 'ya29.test-token-for-sql-of-b@p',
    });
  });

  it('are not needed where a token of another issuer is traded', async () => {
    await using cloud = await startGoogleFederation('the-token-of-the-pod');
    const { token_url: tokenUrl, service_account_impersonation_url: account } = cloud.configuration('/token') as Record<
      string,
      string
    >;
    const trade = (token: string) =>
      fetch(String(tokenUrl), { method: 'POST', body: new URLSearchParams({ subject_token: token }) });
    expect((await trade('another')).status).toBe(400);
    const { access_token: federated } = (await (await trade('the-token-of-the-pod')).json()) as {
      access_token: string;
    };
    const impersonate = (token: string) =>
      fetch(String(account), {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
        body: JSON.stringify({ scope: ['https://x/auth/sql'] }),
      });
    expect((await impersonate('another')).status).toBe(401);
    expect(await (await impersonate(federated)).json()).toMatchObject({ accessToken: 'ya29.test-token-for-sql' });
  });
});
