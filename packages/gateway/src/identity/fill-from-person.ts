import { claimAt } from './claims.ts';
import type { Person } from './person.ts';

/** A claim for the name of a role: texts only. `email` is the verified address, `name` what `name_claim` says. */
export function roleClaim(person: Person, name: string): string | undefined {
  const value = claimValue(person, name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A claim for a setting: lists and objects as JSON, so that no member of a list can pass for two. */
export function settingClaim(person: Person, name: string): string | undefined {
  const value = claimValue(person, name);
  if (value === undefined || value === null || value === 'missing' || value === 'overage') return undefined;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function claimValue(person: Person, name: string): unknown {
  switch (name) {
    case 'name':
      return person.name;
    case 'email':
      return person.email;
    case 'sub':
      return person.subject;
    case 'groups':
      return person.groups;
    case 'roles':
      return person.roles;
    default:
      return claimAt(person.claims, [name]);
  }
}
