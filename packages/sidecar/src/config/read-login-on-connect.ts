import type { Profile } from './profile.ts';
import type { ProfileTable } from './profile-schema.ts';
import { KeyProblem } from './read-credential.ts';

/** Throws KeyProblem where whoever connects need not be the person. */
export function readLoginOnConnect(table: ProfileTable): Pick<Profile, 'loginOnConnect'> {
  if (table.credential !== 'oidc' || table.login_on_connect === 'off') return {};
  if (table.local_auth === 'trust') {
    const why = 'every user of the machine could begin your login, and confirm it as somebody else';
    throw new KeyProblem(
      'login_on_connect',
      `"login_on_connect" cannot stand beside local_auth = "trust", with which ${why}`,
    );
  }
  return { loginOnConnect: { how: table.login_on_connect, waitMs: table.login_wait } };
}
