import { roleProblem } from '../identity/role-name.ts';
import { parseTemplate, type Template } from '../identity/template.ts';
import type { CheckedFile } from './read-file.ts';
import type { RuleTable } from './schema.ts';

/** Every list that is there must match, each by one of its words. */
export interface RuleMatch {
  readonly issuer?: readonly string[] | undefined;
  readonly groups?: readonly string[] | undefined;
  readonly roles?: readonly string[] | undefined;
  readonly email?: readonly string[] | undefined;
  readonly emailDomain?: readonly string[] | undefined;
  readonly sub?: readonly string[] | undefined;
  readonly clientId?: readonly string[] | undefined;
  readonly scope?: readonly string[] | undefined;
}

export interface Rule {
  /** Its place in the file, from 1. */
  readonly number: number;
  readonly match: RuleMatch;
  /** `undefined`: every database. */
  readonly databases: readonly string[] | undefined;
  readonly role: Template;
}

export function readRules(file: CheckedFile, allowedLogins: ReadonlySet<string>): Rule[] {
  return file.table.rules.map((rule, index) => {
    const refuse = (key: string, problem: string) => file.fail(['rules', index, key], problem);
    if (rule.grant.length > 0) {
      refuse('grant', 'is not supported yet: grant memberships in PostgreSQL, or with "gprxy-gateway provision"');
    }
    const unknown = rule.databases?.find((name) => !Object.hasOwn(file.table.databases, name));
    if (unknown !== undefined) refuse('databases', `names "${unknown}", for which there is no [databases.${unknown}]`);
    const role = tryTemplate(rule.role, (problem) => refuse('role', problem));
    const problem = role.literal === undefined ? undefined : roleProblem(role.literal, allowedLogins);
    if (problem !== undefined) refuse('role', problem);
    return {
      number: index + 1,
      match: readMatch(rule.match, (text) => refuse('match', text)),
      databases: rule.databases,
      role,
    };
  });
}

/** An empty match would let in everybody, which nobody should get by leaving something out. */
function readMatch(match: RuleTable['match'], refuse: (problem: string) => never): RuleMatch {
  const { anyone, email_domain, client_id, ...same } = match;
  const lists: RuleMatch = { ...same, emailDomain: email_domain, clientId: client_id };
  const isEmpty = Object.values(lists).every((list) => list === undefined);
  if (isEmpty && !anyone) refuse('is empty: say whom the rule is for, or "anyone = true" for every valid token');
  if (!isEmpty && anyone) refuse('says "anyone" and whom: one of the two must go');
  const at = email_domain?.find((domain) => domain.includes('@'));
  if (at !== undefined) refuse(`has the e-mail domain "${at}": write what stands behind the "@"`);
  return lists;
}

export function tryTemplate(text: string, refuse: (problem: string) => never): Template {
  return (
    parseTemplate(text) ?? refuse('is no template: claims stand in braces, as in "{email}", without others in them')
  );
}
