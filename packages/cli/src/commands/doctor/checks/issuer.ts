import type { CredentialSettings, OidcSettings } from '@gprxy/credentials';
import { credentialDependencies } from '../../../profile-login.ts';
import { type Finding, ok } from '../check.ts';
import type { SetUp } from '../set-up.ts';

/** Whether the identity provider can be reached, and is the one that the profile names. */
export async function checkIssuer({ profile, dependencies }: SetUp, signal: AbortSignal): Promise<Finding> {
  const { credential } = await profile();
  const provider = providerOf(credential);
  if (provider === undefined) return ok(`not needed by credential = "${credential.kind}"`);
  const { issuer, clientId, caFile } = provider;
  const credentials = await dependencies.credentials();
  const deps = credentialDependencies(caFile, credentials, dependencies);
  await credentials.discoverProvider({ issuer, clientId, deps, signal });
  return ok(issuer);
}

/** The OpenID provider of a profile that has one. */
export function providerOf(credential: CredentialSettings): OidcSettings | undefined {
  return credential.kind === 'oidc' || credential.kind === 'client-credentials' ? credential : undefined;
}
