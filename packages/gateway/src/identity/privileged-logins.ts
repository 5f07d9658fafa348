/** Names of administrators, whatever their attributes, and of roles that are no person. */
const DENYLIST = new Set(['postgres', 'root', 'admin', 'superuser']);

export const USERS_GROUP = 'gprxy_users';
export const CHECK_LOGIN = 'gprxy_check';

export function isPrivilegedName(role: string): boolean {
  return DENYLIST.has(role.toLowerCase());
}
