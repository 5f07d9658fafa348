import type { CredentialKind } from '@gprxy/credentials';
import * as v from 'valibot';
import {
  command,
  connectionString,
  duration,
  hostAndPort,
  issuerUrl,
  loopbackUrl,
  text,
  texts,
  userTemplate,
  variableName,
} from './profile-keys.ts';

const listen = v.union(
  [v.string(), v.array(v.string())],
  'must be "127.0.0.1:5433", "unix", "unix:/directory" or a list of them',
);

/** The keys that every profile may have, whatever its credential. */
const everyProfile = {
  upstream: connectionString,
  listen: v.optional(listen, []),
  local_auth: v.optional(
    v.picklist(['same-user', 'password', 'trust'], 'must be "same-user", "password" or "trust"'),
    'same-user',
  ),
  via: v.optional(text('a URL such as "http://proxy.corp.example:3128" or "ssh://me@jump.example"')),
  via_password_file: v.optional(text('the name of a file')),
  ssh_key_file: v.optional(text('the name of a file')),
  ssh_known_hosts_file: v.optional(text('the name of a file')),
  drain_timeout: v.optional(duration, '10s'),
  max_connections: v.optional(
    v.pipe(
      v.number('must be a whole number'),
      v.integer('must be a whole number'),
      v.minValue(1, 'must be at least 1'),
      v.maxValue(10_000, 'must be at most 10000'),
    ),
    200,
  ),
  warm: v.optional(v.picklist(['auto', 'off'], 'must be "auto" or "off"'), 'auto'),
};

const provider = {
  issuer: issuerUrl,
  client_id: text('a text in quotes'),
  audience: v.optional(text('a text in quotes')),
  resource: v.optional(text('a text in quotes')),
  ca_file: v.optional(text('the name of a PEM file')),
};
const file = v.optional(text('the name of a file'));
const commandTimeout = v.optional(duration);
const LOGIN_ON_CONNECT = 'must be "off", "notice" or "browser"';
const LOGIN = 'must be "auto", "device" or "browser"';
const AZURE_IDENTITY = 'must be "default", "cli", "managed-identity", "workload-identity" or "environment"';

/** A credential whose token is somebody's own names the user by a claim; the others have to be told. */
const userOf = (template: string) => ({ user: v.optional(userTemplate, template) });
const userNamed = { user: userTemplate };

/** The keys of `[profiles.NAME]` as they are spelled in the file, by the profile's `credential`. */
export const profileSchemas = {
  oidc: v.object({
    ...provider,
    scopes: v.optional(texts, ['openid', 'email', 'offline_access']),
    login: v.optional(v.picklist(['auto', 'device', 'browser'], LOGIN), 'auto'),
    redirect_uri: v.optional(loopbackUrl),
    client_secret_file: file,
    login_on_connect: v.optional(v.picklist(['off', 'notice', 'browser'], LOGIN_ON_CONNECT), 'off'),
    login_wait: v.optional(duration, '5m'),
    login_lifetime: v.optional(duration),
    notify: v.optional(v.picklist(['desktop', 'off'], 'must be "desktop" or "off"'), 'desktop'),
    ...everyProfile,
    ...userOf('{email}'),
    credential: v.optional(v.literal('oidc'), 'oidc'),
  }),
  'client-credentials': v.object({
    ...provider,
    scopes: v.optional(texts, []),
    client_secret_file: file,
    client_secret_env: v.optional(variableName),
    private_key_file: file,
    private_key_id: v.optional(text('the "kid" of the key')),
    assertion_file: file,
    ...everyProfile,
    ...userOf('{sub}'),
    credential: v.literal('client-credentials'),
  }),
  exec: v.object({
    command,
    command_timeout: commandTimeout,
    ...everyProfile,
    ...userOf('{email}'),
    credential: v.literal('exec'),
  }),
  file: v.object({
    token_file: text('the name of a file'),
    ...everyProfile,
    ...userOf('{email}'),
    credential: v.literal('file'),
  }),
  env: v.object({
    token_env: variableName,
    ...everyProfile,
    ...userOf('{email}'),
    credential: v.literal('env'),
  }),
  password: v.object({
    password_file: file,
    password_env: v.optional(variableName),
    command: v.optional(command),
    command_timeout: commandTimeout,
    ...everyProfile,
    ...userNamed,
    credential: v.literal('password'),
  }),
  'aws-rds-iam': v.object({
    aws_region: v.optional(text('a region such as "eu-central-1"')),
    aws_profile: v.optional(text('the name of a profile in ~/.aws')),
    aws_endpoint: v.optional(hostAndPort),
    ...everyProfile,
    ...userNamed,
    credential: v.literal('aws-rds-iam'),
  }),
  'azure-entra': v.object({
    azure_identity: v.optional(
      v.picklist(['default', 'cli', 'managed-identity', 'workload-identity', 'environment'], AZURE_IDENTITY),
      'default',
    ),
    azure_tenant: v.optional(text('the id of a tenant')),
    azure_client_id: v.optional(text('the client id of an application or a managed identity')),
    azure_scope: v.optional(text('a scope in quotes'), 'https://ossrdbms-aad.database.windows.net/.default'),
    azure_authority: v.optional(issuerUrl),
    ...everyProfile,
    ...userNamed,
    credential: v.literal('azure-entra'),
  }),
  'gcp-cloud-sql': v.object({
    gcp_key_file: file,
    gcp_impersonate: v.optional(text('the e-mail address of a service account')),
    ...everyProfile,
    ...userOf('{database_user}'),
    credential: v.literal('gcp-cloud-sql'),
  }),
} as const satisfies Record<CredentialKind, v.ObjectSchema<v.ObjectEntries, undefined>>;

export type ProfileTable = v.InferOutput<(typeof profileSchemas)[CredentialKind]>;

export const credentialKinds = Object.keys(profileSchemas) as readonly CredentialKind[];

const PROFILES = 'must be tables such as [profiles.prod]';

export const fileSchema = v.object({
  default_profile: v.optional(text('the name of a profile')),
  sidecar: v.optional(v.unknown()),
  profiles: v.optional(
    v.pipe(
      v.custom<Record<string, unknown>>((value) => !Array.isArray(value), PROFILES),
      v.record(v.string(), v.unknown(), PROFILES),
    ),
    {},
  ),
});
