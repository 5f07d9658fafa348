import type { CredentialSettings, SecretPlace } from '@gprxy/credentials';
import { type ErrorFields, SqlState } from '@gprxy/proxy-core';
import type { Profile } from '../config/profile.ts';

/** What to do when the upstream said no to the credential or knows no such database; undefined when it was about something else. */
export function refusalHint(sqlState: string | undefined, profile: Profile): string | undefined {
  const { name, user, credential } = profile;
  if (sqlState === SqlState.InvalidCatalogName) {
    return `Name a database that is there, as in "gprxy psql DATABASE"; in any of them, \\l lists the others.`;
  }
  if (sqlState !== SqlState.InvalidPassword && sqlState !== SqlState.InvalidAuthorization) return undefined;
  switch (credential.kind) {
    case 'oidc':
      return sqlState === SqlState.InvalidPassword
        ? `The upstream did not accept the token: run "gprxy whoami --profile ${name}" to see whose it is, or "gprxy login --profile ${name}" for a new one.`
        : `"gprxy whoami --profile ${name}" shows who you are to the upstream; its administrator decides who may log in.`;
    case 'password':
      return `Check the password in ${placeOf(credential.password)} and user = "${user}" of profile "${name}".`;
    case 'aws-rds-iam':
      return `Check that the server was told GRANT rds_iam TO "${user}", that your AWS policy allows rds-db:connect for it, and that the token is signed for the instance's own endpoint (aws_endpoint).`;
    case 'azure-entra':
      return `user = "${user}" must be the name of the Entra principal as pgaadauth_create_principal made it on the server; "gprxy get-token --profile ${name} --format json" shows whose token it is.`;
    case 'gcp-cloud-sql':
      return `Check that the IAM user was added to the instance and has roles/cloudsql.instanceUser; user = "${user}" is a service account's address without ".gserviceaccount.com".`;
    default:
      return tokenHint(credential, name);
  }
}

/** What to do when a pooler has no place or no server. What PostgreSQL says itself, with the `routine` that says it, stays as it is. */
export function poolerHint({ code, routine }: ErrorFields, { name }: Profile): string | undefined {
  if (routine !== undefined) return undefined;
  if (code === SqlState.TooManyConnections) {
    return 'The upstream has no place for more connections: close some that are idle, or ask its administrator.';
  }
  if (code !== SqlState.ConnectionFailure) return undefined;
  return `The upstream took the login and did not reach the server behind it: "gprxy doctor --profile ${name}" checks the way.`;
}

function tokenHint({ kind }: CredentialSettings, profile: string): string {
  return `The upstream did not accept the token of credential = "${kind}": "gprxy get-token --profile ${profile} --format json" shows whose it is and when it expires.`;
}

function placeOf(place: SecretPlace): string {
  switch (place.kind) {
    case 'file':
      return place.path;
    case 'env':
      return place.variable;
    case 'command':
      return 'what "command" prints';
  }
}
