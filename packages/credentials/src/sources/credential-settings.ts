import type { OidcSettings } from '../settings.ts';

/** How one profile comes by what the upstream wants to see. File names are absolute; secrets are named by place, never held. */
export type CredentialSettings =
  | OidcCredential
  | ClientCredentialsCredential
  | ExecCredential
  | FileCredential
  | EnvCredential
  | PasswordCredential
  | AwsRdsIamCredential
  | AzureEntraCredential
  | GcpCloudSqlCredential;

export type CredentialKind = CredentialSettings['kind'];

/** A person's own login. */
export interface OidcCredential extends OidcSettings {
  readonly kind: 'oidc';
  /** `auto`: whichever the provider supports and suits the place where the login runs. */
  readonly login: 'auto' | 'device' | 'browser';
}

/** A job's login: RFC 6749 section 4.4. */
export interface ClientCredentialsCredential extends OidcSettings {
  readonly kind: 'client-credentials';
  readonly authentication: ClientProofSettings;
}

export type ClientProofSettings =
  | { readonly kind: 'secret'; readonly secret: SecretPlace }
  | { readonly kind: 'private-key'; readonly path: string; readonly keyId?: string }
  | { readonly kind: 'assertion-file'; readonly path: string };

export interface ExecCredential {
  readonly kind: 'exec';
  readonly command: CommandSettings;
}

export interface FileCredential {
  readonly kind: 'file';
  readonly path: string;
}

export interface EnvCredential {
  readonly kind: 'env';
  readonly variable: string;
}

/** A password of PostgreSQL's own. */
export interface PasswordCredential {
  readonly kind: 'password';
  readonly password: SecretPlace;
}

export interface AwsRdsIamCredential {
  readonly kind: 'aws-rds-iam';
  /** Default: what the endpoint's name says. */
  readonly region?: string;
  /** A profile of ~/.aws. */
  readonly profile?: string;
  /** The instance's own endpoint, where the upstream is a tunnel or an alias: the signature names it. */
  readonly endpoint?: { readonly host: string; readonly port: number };
}

export interface AzureEntraCredential {
  readonly kind: 'azure-entra';
  /** `default` tries them in the order of the SDK's DefaultAzureCredential. */
  readonly identity: 'default' | 'cli' | 'managed-identity' | 'workload-identity' | 'environment';
  readonly tenantId?: string;
  /** Of a user-assigned managed identity, or of the application of a workload identity. */
  readonly clientId?: string;
  readonly scope: string;
  /** Of a sovereign cloud. */
  readonly authority?: string;
}

export interface GcpCloudSqlCredential {
  readonly kind: 'gcp-cloud-sql';
  /** Default: Application Default Credentials. */
  readonly keyFile?: string;
  /** E-mail address of the service account to act as. */
  readonly impersonate?: string;
}

export type SecretPlace =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'env'; readonly variable: string }
  | { readonly kind: 'command'; readonly command: CommandSettings };

export interface CommandSettings {
  /** Program and arguments; there is no shell. */
  readonly argv: readonly [string, ...string[]];
  readonly timeoutMs: number;
}
