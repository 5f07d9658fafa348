import { orAborted } from '../abort.ts';
import { cachedTokenSource } from '../cached-token-source.ts';
import type { AccessToken, TokenSource } from '../token-source.ts';
import type { GcpCloudSqlCredential } from './credential-settings.ts';
import { loadSdk } from './load-sdk.ts';
import { once } from './once.ts';
import { sdkFailure } from './sdk-failure.ts';
import type { SourceDependencies } from './source-dependencies.ts';
import { sourceFailed } from './source-failed.ts';
import { identityOfClaims, unknownLifetimeMs } from './token-from-text.ts';

type Sdk = typeof import('google-auth-library');

/** Good for logging in to a database of Cloud SQL, and nothing else. */
const loginScope = 'https://www.googleapis.com/auth/sqlservice.login';
const platformScope = 'https://www.googleapis.com/auth/cloud-platform';
const signIn =
  'Run "gcloud auth application-default login", or name the key of a service account by gcp_key_file in the profile.';

/** What of the SDK's clients is used: they are one kind for our purposes. */
interface GoogleClient {
  getAccessToken(): Promise<{ token?: string | null | undefined }>;
  readonly credentials: { readonly expiry_date?: number | null | undefined };
}

interface GoogleLogin {
  readonly client: GoogleClient;
  /** Of the service account; a person's own credentials do not tell. */
  email(): Promise<string | undefined>;
}

/** IAM database authentication of Google Cloud SQL: an access token of Application Default Credentials. */
export function createGcpCloudSqlSource(credential: GcpCloudSqlCredential, deps: SourceDependencies): TokenSource {
  const login = once(async () => googleLogin(loadSdk('google-auth-library'), credential));
  const request = async (): Promise<AccessToken> => {
    try {
      return await tokenOf(await login(), deps.now());
    } catch (error) {
      throw sdkFailure(error, 'no token from Google', signIn);
    }
  };
  return cachedTokenSource({
    request: (signal) => orAborted(request(), signal),
    now: deps.now,
    random: deps.random ?? Math.random,
  });
}

/**
 * By itself the SDK asks the metadata server for each thing three times again, with ever longer pauses, before it says that nobody is there.
 * Whoever waits for a connection should hear it at once; it is asked again for the next one.
 */
const requestDefaults = { timeout: 10_000, retryConfig: { retry: 1, maxRetryDelay: 200 } };

async function googleLogin(sdk: Sdk, { keyFile, impersonate }: GcpCloudSqlCredential): Promise<GoogleLogin> {
  // The metadata server is asked by this instance, everybody else by the client's own.
  sdk.gaxios.instance.defaults = requestDefaults;
  const auth = new sdk.GoogleAuth({
    // Which nobody here asks for. Without it the SDK runs "gcloud", which takes seconds, and then asks the metadata server.
    projectId: 'unused',
    clientOptions: { transporterOptions: requestDefaults },
    scopes: impersonate === undefined ? loginScope : platformScope,
    ...(keyFile !== undefined && { keyFilename: keyFile }),
  });
  const source = await auth.getClient();
  if (impersonate === undefined) {
    return { client: source, email: async () => (await auth.getCredentials()).client_email };
  }
  const client = new sdk.Impersonated({
    sourceClient: source,
    targetPrincipal: impersonate,
    targetScopes: [loginScope],
    delegates: [],
    lifetime: 3_600,
  });
  return { client, email: async () => impersonate };
}

async function tokenOf({ client, email }: GoogleLogin, nowMs: number): Promise<AccessToken> {
  const { token } = await client.getAccessToken();
  if (!token) throw sourceFailed('Google gave no token', signIn);
  const address = await email().catch(() => undefined);
  return {
    token,
    expiresAt: client.credentials.expiry_date ?? nowMs + unknownLifetimeMs,
    identity: identityOfClaims(address === undefined ? {} : { email: address, database_user: databaseUser(address) }),
  };
}

/** Cloud SQL's name for a service account is its address without the end, which would not fit in a role's name. */
function databaseUser(email: string): string {
  return email.replace(/\.gserviceaccount\.com$/, '');
}
