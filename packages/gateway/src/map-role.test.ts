import { describe, expect, it } from 'vitest';
import type { IssuerConfig } from './config/issuers.ts';
import { CONFIG_TEXT, configOf } from './config.testing.ts';
import { type Person, personOf } from './identity/person.ts';
import { mapRole } from './map-role.ts';
import { issuerConfig, validClaims } from './verify-token.testing.ts';

function personWith(claims: Record<string, unknown> = {}, issuer: Partial<IssuerConfig> = {}) {
  const all = { ...validClaims(), ...claims };
  return personOf({ issuer: issuerConfig(issuer), subject: String(all.sub), claims: all, expiresAt: 0 });
}

function decide(rules: string, claims: Record<string, unknown> = {}, issuer: Partial<IssuerConfig> = {}) {
  const text = CONFIG_TEXT.replace(/\[\[rules\]\][\s\S]*$/, rules);
  const person = personWith(claims, issuer);
  if ('problem' in person) return person.problem;
  const decision = mapRole(person as Person, 'sales', configOf(text));
  return decision.role ?? decision.reason;
}

const rule = (match: string, role = '{email}', more = '') =>
  `[[rules]]\nmatch = { ${match} }\nrole = "${role}"\n${more}\n`;

describe('the first rule that matches gives the role', () => {
  it.each<[name: string, rules: string, claims: Record<string, unknown>, role: string]>([
    ['a group', rule('groups = ["data-eng"]'), {}, 'alice@corp.example'],
    ['any of several groups', rule('groups = ["x", "data-eng"]'), {}, 'alice@corp.example'],
    ['a group that is a text', rule('groups = "data-eng"'), { groups: 'data-eng' }, 'alice@corp.example'],
    ['the first of two', rule('groups = "data-eng"', 'one') + rule('groups = "data-eng"', 'two'), {}, 'one'],
    ['the second of two', rule('groups = "dba"', 'one') + rule('groups = "data-eng"', 'two'), {}, 'two'],
    [
      'another database first',
      rule('anyone = true', 'one', 'databases = "hr"') + rule('anyone = true', 'two'),
      {},
      'two',
    ],
    ['a role', rule('roles = "reader"', 'app_reader'), { roles: ['reader'] }, 'app_reader'],
    ['an address', rule('email = "Alice@Corp.Example"', 'one'), {}, 'one'],
    ['a domain', rule('email_domain = "CORP.example"', 'one'), {}, 'one'],
    ['a subject', rule('sub = "u-alice"', 'one'), {}, 'one'],
    ['a client', rule('client_id = "gprxy-cli"', 'one'), {}, 'one'],
    ['a scope', rule('scope = "db:connect"', 'one'), {}, 'one'],
    ['an issuer', rule('issuer = "https://login.corp.example"', 'one'), {}, 'one'],
    ['all of several', rule('groups = "data-eng", email_domain = "corp.example"', 'one'), {}, 'one'],
    ['a template with text around', rule('anyone = true', 'app_{sub}_x'), {}, 'app_u-alice_x'],
    ['a template of any claim', rule('anyone = true', '{preferred_username}'), { preferred_username: 'ali' }, 'ali'],
  ])('%s', (_name, rules, claims, role) => {
    // "hr" has to exist for the rule that is for it.
    const hr =
      '[databases.hr]\nupstream = "postgresql://h/hr"\nidentity = { mode = "login", backend_auth = "cert", cert = "a", key = "b" }\n';
    expect(decide(rules.includes('"hr"') ? hr + rules : rules, claims)).toBe(role);
  });
});

describe('S9 nobody gets a role by what is missing', () => {
  const groups = rule('groups = "data-eng"', 'strong');
  const anybody = rule('anyone = true', 'weak');
  it.each<[name: string, rules: string, claims: Record<string, unknown>, reason: string]>([
    ['no rule', rule('groups = "dba"'), {}, 'no_rule'],
    ['one of two criteria', rule('groups = "data-eng", email_domain = "x.example"'), {}, 'no_rule'],
    ['no groups claim', groups + anybody, { groups: undefined }, 'groups_missing'],
    ['groups that are null', groups + anybody, { groups: null }, 'groups_missing'],
    ['an empty list of groups, and nothing else', groups, { groups: [] }, 'no_rule'],
    [
      'overage',
      groups + anybody,
      { groups: undefined, _claim_names: { groups: 's' }, _claim_sources: {} },
      'groups_overage',
    ],
    ['overage and some groups', groups, { _claim_names: { groups: 's' } }, 'groups_overage'],
    ['overage of the implicit flow', groups, { groups: undefined, hasgroups: true }, 'groups_overage'],
    ['groups that are no texts', groups, { groups: [1, 'data-eng'] }, 'claims_malformed'],
    ['groups in an object', groups, { groups: { 'data-eng': true } }, 'claims_malformed'],
    ['a group in other letters', groups, { groups: ['Data-Eng'] }, 'no_rule'],
    ['a group that begins alike', groups, { groups: ['data-engineers'] }, 'no_rule'],
    ['a subdomain', rule('email_domain = "corp.example"'), { email: 'a@x.corp.example' }, 'no_rule'],
    ['a domain that ends alike', rule('email_domain = "corp.example"'), { email: 'a@evilcorp.example' }, 'no_rule'],
    [
      'a domain with the Kelvin sign',
      rule('email_domain = "kcorp.example"'),
      { email: 'a@\u212Acorp.example' },
      'no_rule',
    ],
    ['two at signs', rule('email_domain = "corp.example"'), { email: 'a@evil@corp.example' }, 'email_unverified'],
    ['an address of another domain', rule('email = "alice@corp.example"'), { email: 'alice@b.example' }, 'no_rule'],
    ['no name', groups, { email: undefined }, 'name_missing'],
    ['a name with a NUL in it', groups, { email: 'alice\u0000@corp.example' }, 'name_missing'],
    ['an unverified address', groups, { email_verified: false }, 'email_unverified'],
    ['an address of which nobody says that it is verified', groups, { email_verified: undefined }, 'email_unverified'],
    ['a template whose claim is missing', rule('anyone = true', '{upn}'), {}, 'role_claim_missing'],
    ['a template whose claim is a list', rule('anyone = true', '{groups}'), {}, 'role_claim_missing'],
    ['a claim that every object has', rule('anyone = true', '{constructor}'), {}, 'role_claim_missing'],
    ['a role that is denylisted', rule('anyone = true', '{u}'), { u: 'postgres' }, 'role_privileged'],
    ['a role that is denylisted, in capitals', rule('anyone = true', '{u}'), { u: 'ROOT' }, 'role_privileged'],
    ['a role of PostgreSQL', rule('anyone = true', '{u}'), { u: 'pg_read_all_data' }, 'role_invalid'],
    ['the group of all users', rule('anyone = true', '{u}'), { u: 'gprxy_users' }, 'role_invalid'],
    ['the login of checks', rule('anyone = true', '{u}'), { u: 'gprxy_check' }, 'role_invalid'],
    ['a role with a zero byte', rule('anyone = true', '{u}'), { u: 'bob\0x' }, 'role_invalid'],
    ['a role that PostgreSQL would cut', rule('anyone = true', '{u}'), { u: 'é'.repeat(32) }, 'role_invalid'],
  ])('S9 %s', (_name, rules, claims, reason) => {
    expect(decide(rules, claims)).toBe(reason);
  });

  it('S9 minds absent groups only where they would decide', () => {
    const rules = rule('groups = "x", sub = "somebody-else"', 'strong') + rule('anyone = true', 'weak');
    expect(decide(rules, { groups: undefined })).toBe('weak');
  });

  it('S9 takes absent groups for none where the file says so', () => {
    expect(decide(groups + anybody, { groups: undefined }, { missingGroups: 'none' })).toBe('weak');
  });
});

describe('names and addresses', () => {
  it('keeps bob@a and bob@b apart', () => {
    const rules = rule('anyone = true', '{email}');
    expect(decide(rules, { email: 'bob@a.example' })).toBe('bob@a.example');
    expect(decide(rules, { email: 'bob@b.example' })).toBe('bob@b.example');
  });

  it('does not match by an unverified address, even where the name is something else', () => {
    const rules = rule('email_domain = "corp.example"', 'one');
    const issuer = { nameClaim: ['preferred_username'] };
    const claims = { preferred_username: 'ali', email_verified: false };
    expect(decide(rules, claims, issuer)).toBe('no_rule');
    expect(decide(rules, claims, { ...issuer, trustUnverifiedEmail: true })).toBe('one');
  });

  it('finds claims with dots and slashes in their names, and nested ones', () => {
    const claims = { 'https://gprxy.io/roles': ['reader'], realm_access: { roles: ['writer'] } };
    const rules = rule('roles = "reader"', 'r') + rule('roles = "writer"', 'w');
    expect(decide(rules, claims, { rolesClaim: ['https://gprxy.io/roles'] })).toBe('r');
    expect(decide(rules, claims, { rolesClaim: ['realm_access', 'roles'] })).toBe('w');
  });
});
