import { type AccessToken, neverExpires } from '@gprxy/credentials';
import { type Profile, userFromTemplate } from '@gprxy/sidecar';
import { chosenProfile } from '../../chosen-profile.ts';
import type { Dependencies } from '../../dependencies.ts';
import { tokenSourceFor } from '../../profile-login.ts';
import { print, printJson } from '../../say.ts';
import { upstreamAddress } from '../../upstream-address.ts';
import type { GetTokenOptions } from './get-token-command.ts';

export async function getToken(options: GetTokenOptions, dependencies: Dependencies): Promise<void> {
  const profile = await chosenProfile(options.profile, dependencies);
  const tokens = await tokenSourceFor(profile, dependencies);
  const ttl = options.minTtl === undefined ? {} : { minTtlMs: options.minTtl };
  const token = await tokens.getToken(dependencies.interrupts.signal, ttl);
  if (options.format === 'json') printJson(dependencies, asJson(token));
  else print(dependencies, options.format === 'pgpass' ? asPgpass(token, profile) : token.token);
}

function asJson({ token, expiresAt, identity }: AccessToken): object {
  return {
    token,
    expiresAt: expiresAt === neverExpires ? null : new Date(expiresAt).toISOString(),
    issuer: identity.issuer ?? null,
    subject: identity.subject ?? null,
    email: identity.email ?? null,
  };
}

/** A line of ~/.pgpass (PostgreSQL documentation, "The Password File") for the upstream itself, without the sidecar. */
function asPgpass({ token, identity }: AccessToken, profile: Profile): string {
  const { host, port } = upstreamAddress(profile);
  const user = userFromTemplate(profile.user, identity, profile.name);
  return [host, port, '*', user, token].map((field) => escapePgpass(String(field))).join(':');
}

function escapePgpass(field: string): string {
  return field.replaceAll(/[\\:]/g, '\\$&');
}
