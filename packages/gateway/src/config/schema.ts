import * as v from 'valibot';
import { duration, flag, table, text, wholeNumber, words } from './table.ts';

// The file as it is spelled. What needs more than one key to judge is judged by the files next to this one.

const HOUR_MS = 3_600_000;

/** A claim by its name; a list is a path into nested objects: `["realm_access", "roles"]`. */
const claim = v.union(
  [v.pipe(v.string(), v.nonEmpty()), v.pipe(v.array(v.pipe(v.string(), v.nonEmpty())), v.minLength(1))],
  'must be the name of a claim, or a list of names that lead to it',
);

const ALGORITHMS = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' ');

const algorithms = v.pipe(
  words('a signature algorithm'),
  v.check(
    (list) => list.every((name) => ALGORITHMS.includes(name)),
    `must be of ${ALGORITHMS.join(', ')}: "none" and HS* would let anybody sign`,
  ),
);

const issuer = table(
  {
    issuer: text('the URL of an issuer'),
    audience: words('the audience that tokens are issued for'),
    algorithms: v.optional(algorithms, ['RS256', 'ES256']),
    types: v.optional(words('a "typ" such as "at+jwt" or "JWT", or "absent"'), ['at+jwt']),
    client_ids: v.optional(words('a client id')),
    required_scopes: v.optional(v.array(v.string(), 'must be a list of scopes'), []),
    required_claims: v.optional(
      v.record(v.string(), v.union([v.string(), v.boolean(), v.number()], 'must be a text, a number, true or false')),
      {},
    ),
    clock_skew: v.optional(duration(60_000), '30s'),
    name_claim: v.optional(claim, 'email'),
    groups_claim: v.optional(claim, 'groups'),
    roles_claim: v.optional(claim, 'roles'),
    missing_groups: v.optional(v.picklist(['refuse', 'none'], 'must be "refuse" or "none"'), 'refuse'),
    trust_unverified_email: v.optional(flag, false),
    jwks_uri: v.optional(text('the URL of a JSON Web Key Set')),
    ca: v.optional(text('the name of a PEM file')),
  },
  ['provision_users', 'introspection'],
);

const identity = table(
  {
    mode: text('"login"'),
    backend_auth: text('"cert"'),
    cert: text('the name of a PEM file'),
    key: text('the name of a PEM file'),
  },
  ['accept_role_escape', 'provision_users', 'password'],
);

const startup = table({
  allow: v.optional(words('the name of a setting, or "*"'), ['*']),
  deny: v.optional(v.array(v.string(), 'must be a list of names of settings'), []),
  replication: v.optional(flag, false),
});

const database = table(
  {
    upstream: text('a connection string, or "env:NAME" of the variable that holds it'),
    identity,
    startup: v.optional(startup, {}),
    connect_timeout: v.optional(duration(60_000), '5s'),
  },
  ['pool', 'at_expiry', 'idle_timeout', 'accept_role_escape', 'provision_users', 'statements'],
);

const match = table({
  anyone: v.optional(v.literal(true, 'must be true')),
  issuer: v.optional(words('the URL of an issuer')),
  groups: v.optional(words('a group')),
  roles: v.optional(words('a role')),
  email: v.optional(words('an e-mail address')),
  email_domain: v.optional(words('what stands behind the "@"')),
  sub: v.optional(words('a subject')),
  client_id: v.optional(words('a client id')),
  scope: v.optional(words('a scope')),
});

const rule = table({
  match,
  databases: v.optional(words('the name of a database')),
  role: text('a role, or a template such as "{email}"'),
  grant: v.optional(v.array(v.string(), 'must be a list of roles'), []),
});

const audit = table(
  {
    sink: v.optional(v.picklist(['stdout', 'file'], 'must be "stdout" or "file"'), 'stdout'),
    path: v.optional(text('the name of a file')),
    on_failure: v.optional(v.picklist(['deny', 'continue'], 'must be "deny" or "continue"'), 'deny'),
  },
  ['statements', 'rotate', 'table', 'chain'],
);

export const fileSchema = table(
  {
    listen: words('an address such as "0.0.0.0:6432"'),
    tls: v.optional(
      table({ cert: text('the name of a PEM file'), key: text('the name of a PEM file') }, ['client_ca', 'crl']),
    ),
    auth: v.optional(
      v.pipe(
        words('"password" or "oauthbearer"'),
        v.array(v.picklist(['password', 'oauthbearer'], 'must be of "password" and "oauthbearer"')),
      ),
      ['password', 'oauthbearer'],
    ),
    authentication_timeout: v.optional(duration(60_000), '10s'),
    drain_timeout: v.optional(duration(HOUR_MS), '30s'),
    max_connections: v.optional(wholeNumber(1, 100_000), 1_000),
    max_token_bytes: v.optional(wholeNumber(1_024, 65_000), 32_768),
    state_directory: v.optional(text('the name of a directory')),
    allow_privileged_logins: v.optional(v.array(v.string(), 'must be a list of roles'), []),
    issuers: v.pipe(v.array(issuer, 'must be tables, [[issuers]]'), v.minLength(1, 'must have at least one issuer')),
    databases: v.record(v.string(), database, 'must be tables such as [databases.sales]'),
    rules: v.pipe(v.array(rule, 'must be tables, [[rules]]'), v.minLength(1, 'must have at least one rule')),
    settings: v.optional(v.record(v.string(), v.string('must be a template such as "{email}"'))),
    audit: v.optional(audit, {}),
    admin: v.optional(table({ listen: text('an address such as "127.0.0.1:6433"') }, ['token', 'group', 'metrics'])),
    provision: v.optional(table({ roles: v.optional(words('a role')) })),
  },
  ['applications', 'api_keys', 'pool', 'at_expiry', 'provision_users', 'metrics', 'limits', 'cluster'],
);

export type FileTable = v.InferOutput<typeof fileSchema>;
export type IssuerTable = FileTable['issuers'][number];
export type DatabaseTable = FileTable['databases'][string];
export type RuleTable = FileTable['rules'][number];
