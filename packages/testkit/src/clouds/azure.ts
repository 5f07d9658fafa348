import type { CertificateAuthority } from '../certificates.ts';
import { type CloudAnswer, type CloudRequest, type FakeCloud, startCloudServer } from './cloud-server.ts';

export const azureTokenLifeSeconds = 7_200;

/**
 * The identity endpoint of an App Service or a Container App ("Connect to Azure services in app code", REST endpoint reference,
 * 2019-08-01). `token` makes the access token for a resource and, if one is named, a user-assigned identity.
 */
export function startAzureManagedIdentity(
  token: (asked: { resource: string; clientId: string | null }) => string,
): Promise<FakeCloud> {
  const header = 'the-identity-header-of-the-test-app';
  return startCloudServer(
    (origin) => ({ IDENTITY_ENDPOINT: `${origin}/MSI/token`, IDENTITY_HEADER: header }),
    ({ url, headers }) => {
      if (url.pathname !== '/MSI/token') return undefined;
      if (headers['x-identity-header'] !== header) return { status: 401, body: { message: 'not this app' } };
      if (url.searchParams.get('api-version') !== '2019-08-01') return { status: 400, body: { message: 'version' } };
      const resource = url.searchParams.get('resource') ?? '';
      const clientId = url.searchParams.get('client_id');
      return {
        body: {
          access_token: token({ resource, clientId }),
          expires_on: String(Math.floor(Date.now() / 1_000) + azureTokenLifeSeconds),
          resource,
          token_type: 'Bearer',
          ...(clientId !== null && { client_id: clientId }),
        },
      };
    },
  );
}

/** An application that is registered in the directory: it has a secret, and trusts the tokens of one cluster. */
export const azureApplication = {
  tenant: '11111111-2222-3333-4444-555555555555',
  clientId: '66666666-7777-8888-9999-000000000000',
  secret: 'the-secret-of-the-test-application',
  federatedToken: 'the-token-of-the-test-pod',
} as const;

/**
 * Microsoft Entra's token endpoint ("OAuth 2.0 client credentials flow on the Microsoft identity platform"), for one application that
 * proves itself by its secret or by a federated token. `token` makes the access token for a scope.
 */
export async function startAzureAuthority(
  ca: CertificateAuthority,
  token: (scope: string) => string,
): Promise<FakeCloud> {
  const certificate = await ca.issue({ commonName: 'localhost', hosts: ['localhost'] });
  let origin = '';
  return startCloudServer(
    (started) => {
      origin = `${started}/${azureApplication.tenant}`;
      const { tenant, clientId } = azureApplication;
      return { AZURE_AUTHORITY_HOST: started, AZURE_TENANT_ID: tenant, AZURE_CLIENT_ID: clientId };
    },
    (request) => answerOfAuthority(request, origin, token),
    certificate,
  );
}

function answerOfAuthority(
  { url, body }: CloudRequest,
  origin: string,
  token: (scope: string) => string,
): CloudAnswer | undefined {
  const { pathname } = new URL(origin);
  if (url.pathname === `${pathname}/v2.0/.well-known/openid-configuration`) {
    const endpoints = { token_endpoint: 'oauth2/v2.0/token', authorization_endpoint: 'oauth2/v2.0/authorize' };
    const absolute = Object.entries(endpoints).map(([name, path]) => [name, `${origin}/${path}`]);
    return { body: { issuer: `${origin}/v2.0`, jwks_uri: `${origin}/keys`, ...Object.fromEntries(absolute) } };
  }
  if (url.pathname !== `${pathname}/oauth2/v2.0/token`) return undefined;
  const sent = new URLSearchParams(body);
  const { clientId, secret, federatedToken } = azureApplication;
  const proved = sent.get('client_secret') === secret || sent.get('client_assertion') === federatedToken;
  if (sent.get('client_id') !== clientId || !proved) {
    const error_description = `AADSTS7000215: Invalid client secret provided: ${sent.get('client_secret')}`;
    return { status: 401, body: { error: 'invalid_client', error_description, error_codes: [7_000_215] } };
  }
  return { body: { token_type: 'Bearer', expires_in: 3_599, access_token: token(sent.get('scope') ?? '') } };
}
