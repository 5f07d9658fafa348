import { type AccessToken, neverExpires, type TokenSource } from '@gprxy/credentials';
import { type Profile, userFromTemplate } from '@gprxy/sidecar';
import { chosenProfile } from '../../chosen-profile.ts';
import type { Dependencies } from '../../dependencies.ts';
import { tokenSourceFor } from '../../profile-login.ts';
import { print, printJson, say } from '../../say.ts';
import { relativeTime } from '../../time-left.ts';
import { upstreamAddresses } from '../../upstream-address.ts';
import type { GetTokenOptions } from './get-token-command.ts';

export async function getToken(options: GetTokenOptions, dependencies: Dependencies): Promise<void> {
  const profile = await chosenProfile(options.profile, dependencies);
  const isQuiet = options.format === 'json';
  const tokens = await tokenSource(profile, options, isQuiet ? { ...dependencies, isQuiet } : dependencies);
  const ttl = options.minTtl === undefined ? {} : { minTtlMs: options.minTtl };
  const token = await tokens.getToken(dependencies.interrupts.signal, ttl);
  warnOfShortLife(token, options, dependencies);
  if (options.format === 'json') printJson(dependencies, asJson(token));
  else print(dependencies, ...(options.format === 'pgpass' ? asPgpass(token, profile) : [token.token]));
}

/** The provider alone says how long its tokens live: a program that counts on more must hear of it. */
function warnOfShortLife(
  { expiresAt }: AccessToken,
  { minTtl = 0 }: GetTokenOptions,
  dependencies: Dependencies,
): void {
  const now = dependencies.now();
  if (expiresAt - now >= minTtl) return;
  say(
    dependencies,
    `gprxy: warning: the token expires ${relativeTime(expiresAt, now)}, before what --min-ttl asks for.`,
    '  The provider gives none that lives longer: ask again before then, with a shorter --min-ttl.',
  );
}

async function tokenSource(
  profile: Profile,
  options: GetTokenOptions,
  dependencies: Dependencies,
): Promise<TokenSource> {
  if (options.audience === undefined && options.scope === undefined) return tokenSourceFor(profile, dependencies);
  const { otherAudience } = await import('./other-audience.ts');
  return otherAudience(profile, options, dependencies);
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

/** Lines of ~/.pgpass (PostgreSQL documentation, "The Password File") for the upstream itself, without the sidecar. */
function asPgpass({ token, identity }: AccessToken, profile: Profile): readonly string[] {
  const user = userFromTemplate(profile.user, identity, profile.name);
  return upstreamAddresses(profile).map(({ host, port }) =>
    [host, port, '*', user, token].map((field) => escapePgpass(String(field))).join(':'),
  );
}

function escapePgpass(field: string): string {
  return field.replaceAll(/[\\:]/g, '\\$&');
}
