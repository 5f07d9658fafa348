import { CHECK_LOGIN, isPrivilegedName, USERS_GROUP } from './privileged-logins.ts';

/** NAMEDATALEN - 1. PostgreSQL cuts longer names, and two people whose names begin alike would be one. */
const MAX_ROLE_BYTES = 63;

/** Why nobody may be logged in as `role`; `undefined` when somebody may. */
export function roleProblem(role: string, allowedLogins: ReadonlySet<string>): string | undefined {
  if (role === '') return 'is empty';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (/[\u0000-\u001f\u007f]/.test(role)) return 'has control characters in it';
  if (Buffer.byteLength(role) > MAX_ROLE_BYTES) return `is longer than the ${MAX_ROLE_BYTES} bytes of a role's name`;
  if (/^pg_/i.test(role)) return `names "${role}", which is reserved for PostgreSQL`;
  if (role === USERS_GROUP || role === CHECK_LOGIN) return `names "${role}", which is no person`;
  if (!isPrivilegedName(role) || allowedLogins.has(role)) return undefined;
  return `names the privileged role "${role}", which only "allow_privileged_logins" lets in`;
}
