import type { Rule, RuleMatch } from './config/rules.ts';
import { roleClaim } from './identity/fill-from-person.ts';
import type { Absent, Person } from './identity/person.ts';
import { isPrivilegedName } from './identity/privileged-logins.ts';
import { roleProblem } from './identity/role-name.ts';
import { fillTemplate } from './identity/template.ts';
import type { DenialReason } from './login-denied.ts';

/** What became of one rule on the way to the decision, for `explain`. */
export interface RuleTrial {
  readonly rule: number;
  readonly outcome: string;
}

export type RoleDecision = { readonly tried: readonly RuleTrial[] } & (
  | { readonly role: string; readonly rule: number }
  | { readonly role: undefined; readonly reason: DenialReason; readonly message: string }
);

export interface MappingOptions {
  readonly rules: readonly Rule[];
  readonly allowPrivilegedLogins: ReadonlySet<string>;
}

/**
 * The DB role of a person in a database: that of the first rule that matches. A rule that cannot be judged, because the
 * token does not tell the groups, ends the search: a later, weaker rule must not decide in its place. No rule, no role.
 */
export function mapRole(person: Person, database: string, options: MappingOptions): RoleDecision {
  const tried: RuleTrial[] = [];
  for (const rule of options.rules) {
    const outcome = judge(rule, person, database);
    tried.push({ rule: rule.number, outcome });
    if (outcome === 'matches') return { tried, ...takeRole(rule, person, options) };
    if (outcome === 'groups missing') {
      return { tried, role: undefined, reason: 'groups_missing', message: 'the token does not say which groups' };
    }
    if (outcome === 'groups overage') {
      const message = 'the token has more groups than its provider puts in, and names none of them';
      return { tried, role: undefined, reason: 'groups_overage', message };
    }
  }
  return { tried, role: undefined, reason: 'no_rule', message: 'no rule is for this person and database' };
}

function takeRole(rule: Rule, person: Person, { allowPrivilegedLogins }: MappingOptions) {
  const role = fillTemplate(rule.role, (name) => roleClaim(person, name));
  const deny = (reason: DenialReason, message: string) => ({ role: undefined, reason, message }) as const;
  if (role === undefined) return deny('role_claim_missing', `the token lacks a claim of "${rule.role.source}"`);
  const problem = roleProblem(role, allowPrivilegedLogins);
  if (problem === undefined) return { role, rule: rule.number };
  return deny(
    isPrivilegedName(role) ? 'role_privileged' : 'role_invalid',
    `the role of rule ${rule.number} ${problem}`,
  );
}

function judge({ match, databases }: Rule, person: Person, database: string): string {
  if (databases && !databases.includes(database)) return 'is for other databases';
  const different = differingCriterion(match, person);
  if (different !== undefined) return `${different} differs`;
  return judgeList('roles', match.roles, person.roles) ?? judgeList('groups', match.groups, person.groups) ?? 'matches';
}

/** Last, so that a list that is absent matters only to rules that everything else speaks for. */
function judgeList(name: string, wanted: readonly string[] | undefined, found: readonly string[] | Absent) {
  if (!wanted) return undefined;
  if (typeof found === 'string') return `groups ${found}`;
  return wanted.some((word) => found.includes(word)) ? undefined : `${name} differs`;
}

function differingCriterion(match: RuleMatch, person: Person): string | undefined {
  const email = person.email === undefined ? [] : [asciiLowerCase(person.email)];
  const domain = email.map((address) => address.slice(address.lastIndexOf('@') + 1));
  const criteria: ReadonlyArray<[name: string, wanted: readonly string[] | undefined, found: readonly string[]]> = [
    ['issuer', match.issuer, [person.issuer]],
    ['sub', match.sub, [person.subject]],
    ['email', match.email?.map(asciiLowerCase), email],
    ['email_domain', match.emailDomain?.map(asciiLowerCase), domain],
    ['client_id', match.clientId, person.clients],
    ['scope', match.scope, person.scopes],
  ];
  return criteria.find(([, wanted, found]) => wanted && !wanted.some((word) => found.includes(word)))?.[0];
}

/** Not toLowerCase(): it takes the Kelvin sign for a "k", and then somebody else's domain for ours. */
function asciiLowerCase(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
