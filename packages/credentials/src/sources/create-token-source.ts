import { createClientCredentialsSource } from '../client-credentials-source.ts';
import type { ClientAuthentication } from '../oidc/client-authentication.ts';
import type { TokenSource } from '../token-source.ts';
import { createAwsRdsIamSource, type UpstreamLogin } from './aws-rds-iam.ts';
import { createAzureEntraSource } from './azure-entra.ts';
import type { ClientProofSettings, CredentialSettings, OidcCredential } from './credential-settings.ts';
import { createEnvSource } from './env-source.ts';
import { createExecSource } from './exec-source.ts';
import { createFileSource } from './file-source.ts';
import { createGcpCloudSqlSource } from './gcp-cloud-sql.ts';
import { createPasswordSource } from './password-source.ts';
import { readSecret, readSecretFile } from './read-secret.ts';
import type { SourceDependencies } from './source-dependencies.ts';

export interface TokenSourceOptions {
  /** Whatever needs no login of a person; for that see `createOidcTokenSource`. */
  readonly credential: Exclude<CredentialSettings, OidcCredential>;
  /** Clouds that sign a token put this in. */
  readonly upstream: UpstreamLogin;
  readonly deps: SourceDependencies;
}

/** A valid token now, by every means but a login. Nothing is read, run or loaded before the first token is asked for. */
export function createTokenSource({ credential, upstream, deps }: TokenSourceOptions): TokenSource {
  switch (credential.kind) {
    case 'client-credentials':
      return createClientCredentialsSource({
        settings: { ...credential, authentication: clientAuthentication(credential.authentication, deps) },
        deps,
      });
    case 'exec':
      return createExecSource(credential, deps);
    case 'file':
      return createFileSource(credential, deps);
    case 'env':
      return createEnvSource(credential, deps);
    case 'password':
      return createPasswordSource(credential, deps);
    case 'aws-rds-iam':
      return createAwsRdsIamSource(credential, upstream, deps);
    case 'azure-entra':
      return createAzureEntraSource(credential, deps);
    case 'gcp-cloud-sql':
      return createGcpCloudSqlSource(credential, deps);
  }
}

/** The proof of the client is read anew for each token: secrets are rotated. */
function clientAuthentication(proof: ClientProofSettings, deps: SourceDependencies): ClientAuthentication {
  switch (proof.kind) {
    case 'secret': {
      const { secret } = proof;
      return { kind: 'secret', secret: (signal) => readSecret(secret, `client_secret_${secret.kind}`, deps, signal) };
    }
    case 'private-key': {
      const { path, keyId } = proof;
      const pem = () => readSecretFile(path, 'private_key_file');
      return { kind: 'private-key', pem, ...(keyId !== undefined && { keyId }) };
    }
    case 'assertion-file':
      return { kind: 'assertion-file', path: proof.path };
  }
}
