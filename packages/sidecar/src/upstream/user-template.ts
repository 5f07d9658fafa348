import type { Identity } from '@gprxy/credentials';
import { GprxyError } from '@gprxy/proxy-core';

const PLACEHOLDER = /\{([^{}]*)\}/g;

/** What is wrong with a `user` template, or undefined. */
export function userTemplateProblem(template: string): string | undefined {
  const claims = [...template.matchAll(PLACEHOLDER)].map((match) => match[1] ?? '');
  if (claims.some((claim) => !/^[\w:./-]+$/.test(claim))) return 'must name a claim in braces, such as "{email}"';
  if (/[{}]/.test(template.replaceAll(PLACEHOLDER, ''))) return 'has a brace without its partner';
  return undefined;
}

/**
 * Fills in the user name to send upstream, from what the identity provider says about the person. Throws GprxyError 28000 when a
 * claim is missing or is no text that can be a user name: a login as somebody else must not come out of an odd claim.
 */
export function userFromTemplate(template: string, identity: Identity, profile: string): string {
  return template.replaceAll(PLACEHOLDER, (_, claim: string) => {
    const value = claimValue(identity, claim);
    if (typeof value === 'string' && value !== '' && !hasControlCharacter(value)) return value;
    const state = value === undefined ? 'has no' : 'has an unusable';
    throw new GprxyError(
      `the login of profile "${profile}" ${state} "${claim}" claim, which user = "${template}" needs`,
      {
        code: 'ERR_USER_CLAIM',
        sqlState: '28000',
        hint: claimHint(claim, identity, profile),
      },
    );
  });
}

function claimHint(claim: string, { subject, claims }: Identity, profile: string): string {
  if (subject !== undefined)
    return `Ask for a scope that gives "${claim}" (scopes = [...]), or set user = "{sub}" in profile "${profile}".`;
  const known = Object.keys(claims);
  const what = known.length === 0 ? 'its token tells nothing of whom it is for' : `its token has ${known.join(', ')}`;
  return `Set user = "NAME" in profile "${profile}": ${what}.`;
}

function claimValue(identity: Identity, claim: string): unknown {
  if (claim === 'email') return identity.email ?? identity.claims.email;
  if (claim === 'sub') return identity.subject;
  if (claim === 'name') return identity.name ?? identity.claims.name;
  return Object.hasOwn(identity.claims, claim) ? identity.claims[claim] : undefined;
}

/** A NUL would end the name early on the wire; the others hide what an audit line shows. */
function hasControlCharacter(value: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(value);
}
