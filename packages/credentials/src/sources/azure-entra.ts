import { orAborted } from '../abort.ts';
import { cachedTokenSource } from '../cached-token-source.ts';
import { decodeJwt } from '../oidc/decode-jwt.ts';
import type { TokenSource } from '../token-source.ts';
import type { AzureEntraCredential } from './credential-settings.ts';
import { loadSdk } from './load-sdk.ts';
import { once } from './once.ts';
import { sdkFailure } from './sdk-failure.ts';
import type { SourceDependencies } from './source-dependencies.ts';
import { sourceFailed } from './source-failed.ts';
import { identityOfClaims } from './token-from-text.ts';

type Sdk = typeof import('@azure/identity');
type AzureCredential = import('@azure/identity').TokenCredential;

const signIn =
  'Run "az login" to sign in, or set azure_identity in the profile to the kind of identity that this machine has.';

/** Microsoft Entra authentication of Azure Database for PostgreSQL: an access token, by whichever identity the profile names. */
export function createAzureEntraSource(credential: AzureEntraCredential, deps: SourceDependencies): TokenSource {
  const azure = once(async () => azureCredential(loadSdk('@azure/identity'), credential));
  return cachedTokenSource({
    async request(signal) {
      const found = await orAborted(ask(azure, credential.scope, signal), signal);
      if (found === null) throw sourceFailed('Azure gave no token', signIn);
      const { token, expiresOnTimestamp: expiresAt } = found;
      return { token, expiresAt, identity: identityOfClaims(decodeJwt(token) ?? {}) };
    },
    now: deps.now,
    random: deps.random ?? Math.random,
  });
}

function azureCredential(sdk: Sdk, { identity, tenantId, clientId, authority }: AzureEntraCredential): AzureCredential {
  const options = {
    ...(tenantId !== undefined && { tenantId }),
    // Microsoft's public directory does not know an authority of a private cloud, and is not asked about one that was named.
    ...(authority !== undefined && { authorityHost: authority, disableInstanceDiscovery: true }),
  };
  const client = clientId === undefined ? {} : { clientId };
  switch (identity) {
    case 'cli':
      return new sdk.AzureCliCredential(options);
    case 'managed-identity':
      return new sdk.ManagedIdentityCredential({ ...client });
    case 'workload-identity':
      return new sdk.WorkloadIdentityCredential({ ...options, ...client });
    case 'environment':
      return new sdk.EnvironmentCredential(options);
    case 'default': {
      const named =
        clientId === undefined ? {} : { managedIdentityClientId: clientId, workloadIdentityClientId: clientId };
      return new sdk.DefaultAzureCredential({ ...options, ...named });
    }
  }
}

/** Some of the SDK's identities throw when they are made, because of what they lack. */
async function ask(azure: () => Promise<AzureCredential>, scope: string, signal: AbortSignal) {
  try {
    return await (await azure()).getToken(scope, { abortSignal: signal });
  } catch (error) {
    throw sdkFailure(error, 'no token from Azure', signIn);
  }
}
