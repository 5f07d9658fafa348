import { type CloudAnswer, type FakeCloud, startCloudServer } from './cloud-server.ts';

export const googleAccount = 'app@test-project.iam.gserviceaccount.com';
export const googleToken = (scopes: string): string => `ya29.test-token-for-${scopes.split('/').pop()}`;

/** "About VM metadata": every answer says who it is from, and requests that do not are refused. */
const flavor = { 'metadata-flavor': 'Google' };
const account = '/computeMetadata/v1/instance/service-accounts/default';

/** The metadata server of a VM of Compute Engine, with one service account. */
export function startGoogleMetadata(): Promise<FakeCloud> {
  return startCloudServer(
    (origin) => ({ GCE_METADATA_HOST: new URL(origin).host, METADATA_SERVER_DETECTION: 'assume-present' }),
    ({ url, headers }) => {
      if (headers['metadata-flavor'] !== 'Google') return { status: 403, body: 'no Metadata-Flavor' };
      const found = metadata(url);
      return found && { ...found, headers: { ...flavor, ...found.headers } };
    },
  );
}

function metadata(url: URL): CloudAnswer | undefined {
  switch (url.pathname.replace(/\/$/, '')) {
    case '/computeMetadata/v1/instance':
      return { body: 'ok' };
    case '/computeMetadata/v1/project/project-id':
      return { body: 'test-project' };
    case '/computeMetadata/v1/universe/universe-domain':
      return { body: 'googleapis.com' };
    case `${account}/email`:
      return { body: googleAccount };
    case `${account}`:
      return { body: { email: googleAccount, aliases: ['default'] } };
    case `${account}/token`: {
      const access_token = googleToken(url.searchParams.get('scopes') ?? '');
      return { body: { access_token, expires_in: 3_599, token_type: 'Bearer' } };
    }
    default:
      return undefined;
  }
}

/**
 * The endpoints of workload identity federation: the token service trades a token of `subject` for one of its own (RFC 8693), and
 * that for one of the service account. `configuration` is the file that `gcloud iam workload-identity-pools create-cred-config` writes.
 */
export async function startGoogleFederation(
  subject: string,
): Promise<FakeCloud & { configuration(file: string): object }> {
  let origin = '';
  const cloud = await startCloudServer(
    (started) => {
      origin = started;
      return {};
    },
    ({ url, body, headers }) => {
      if (url.pathname === '/v1/token') {
        const sent = new URLSearchParams(body).get('subject_token');
        if (sent !== subject)
          return { status: 400, body: { error: 'invalid_grant', error_description: 'not this one' } };
        return { body: { access_token: 'federated', expires_in: 3_600, token_type: 'Bearer', issued_token_type: 'x' } };
      }
      if (url.pathname !== `/v1/projects/-/serviceAccounts/${googleAccount}:generateAccessToken`) return undefined;
      if (headers.authorization !== 'Bearer federated') return { status: 401, body: { error: 'unauthenticated' } };
      const expireTime = new Date(Date.now() + 3_600_000).toISOString();
      return { body: { accessToken: googleToken(String(JSON.parse(body).scope)), expireTime } };
    },
  );
  const configuration = (file: string) => ({
    type: 'external_account',
    audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: `${origin}/v1/token`,
    service_account_impersonation_url: `${origin}/v1/projects/-/serviceAccounts/${googleAccount}:generateAccessToken`,
    credential_source: { file },
  });
  return { ...cloud, configuration };
}
