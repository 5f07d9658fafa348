import { type OAuthBearerError, SqlState } from '@gprxy/proxy-core';
import type { Profile } from '../config/profile.ts';
import { refusalHint } from './refusal-hint.ts';

const WELL_KNOWN = '/.well-known/openid-configuration';
/** What a server may make us show: RFC 6749 section 3.3 for a scope, the same characters for the rest. */
const SHOWABLE = /^[\x21\x23-\x5b\x5d-\x7e ]{1,300}$/;
/** What may stand in a command that people copy. */
const PLAIN_WORD = /^[A-Za-z0-9:/._~-]+$/;

/**
 * What a server that speaks OAUTHBEARER (PostgreSQL 18) said of the token that it refused, and where it wants one from (RFC 7628
 * section 3.2.2). Its issuer is named and never followed: a server that lies must not choose where a person signs in.
 */
export function refusedToken(
  challenge: OAuthBearerError,
  profile: Profile,
): { detail: string; hint: string | undefined } {
  const status = showable(challenge.status) ?? 'something that cannot be shown';
  const issuer = issuerOf(challenge);
  const scope = showable(challenge.scope);
  const wanted = [issuer && ` of ${issuer}`, scope && ` for scope "${scope}"`].filter(Boolean).join('');
  const detail = `The server said "${status}" of the token${wanted && `; it takes tokens${wanted}`}.`;
  return { detail, hint: otherIssuer(issuer, profile) ?? missingScope(scope, profile) ?? newToken(profile) };
}

function issuerOf({ openidConfiguration }: OAuthBearerError): string | undefined {
  const url = showable(openidConfiguration);
  if (url === undefined || !URL.canParse(url)) return undefined;
  return url.endsWith(WELL_KNOWN) ? url.slice(0, -WELL_KNOWN.length) : url;
}

function otherIssuer(issuer: string | undefined, { name, credential }: Profile): string | undefined {
  if (issuer === undefined || issuer.includes('/.well-known/') || credential.kind !== 'oidc') return undefined;
  const own = credential.issuer.replace(/\/$/, '');
  if (issuer.replace(/\/$/, '') === own) return undefined;
  const command = `gprxy login --profile ${name} --issuer ${PLAIN_WORD.test(issuer) ? issuer : 'URL'}`;
  return `Profile "${name}" signs in at ${own}. If the server is right, run "${command}".`;
}

function missingScope(scope: string | undefined, { name, credential }: Profile): string | undefined {
  if (scope === undefined || credential.kind !== 'oidc') return undefined;
  const { scopes } = credential;
  const missing = scope.split(' ').filter((word) => PLAIN_WORD.test(word) && !scopes.includes(word));
  if (missing.length === 0) return undefined;
  const options = [...scopes, ...missing].map((word) => `--scope ${word}`).join(' ');
  return `Profile "${name}" does not ask for ${missing.join(' ')}: run "gprxy login --profile ${name} ${options}".`;
}

function newToken(profile: Profile): string | undefined {
  return refusalHint(SqlState.InvalidPassword, profile);
}

function showable(text: string | undefined): string | undefined {
  return text !== undefined && SHOWABLE.test(text) ? text : undefined;
}
