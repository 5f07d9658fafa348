import { type FakeCloud, startCloudServer } from './cloud-server.ts';

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
